"""The function `compare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from locomo_vqa.arguments import check_choice
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.metric_names import with_groups
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.repeats import Repeats
from locomo_vqa.runs import Run, SplitChoice

from ..prediction_files import ReadOptions
from ..scoring import ScoreReport
from ..scoring.one_system import check_one_system
from ..scoring.predictions import check_metrics
from ..scoring.repeated import as_repeats
from ..scoring.run_names import name_runs
from ..scoring.sources import BenchmarkSource, PredictionSource, resolve_benchmark
from .comparison import Comparison
from .cutoffs import cutoffs_by_path
from .differences import compare_sides
from .repeated_sides import join_sides
from .sides import Side, read_side, score_side, split_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from locomo_vqa.runs import Prediction

__all__ = ["LETTERS", "compare"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The labels of the sides, which also limit their number."""

_RUN = "run.json"


@checked
def compare(
    *sources: (
        ScoreReport
        | Run
        | Repeats
        | Sequence[Run | ScoreReport | str | Path]
        | str
        | Path
        | Mapping[str, str | Mapping[str, Any]]
        | Iterable[Prediction]
        | pd.DataFrame
    ),
    benchmark: BenchmarkSource | None = None,
    split: SplitChoice | None = None,
    metrics: Sequence[str] | None = None,
    prediction_key: str | None = None,
    question_key: str | None = None,
    cutoff: str | Mapping[str, str] | None = None,
    progress: bool | ProgressCallback = True,
) -> Comparison:
    """Compare systems with the first one, the baseline, on the same questions.

    The conversations are the sample: intervals and exact p-values take into account that questions
    about one conversation are not independent.

    Args:
        sources: the baseline, then one or more other systems: score reports, runs, folders with
            runs or scores, predictions files, or predictions as `score` takes them. Scores that a
            folder already has are not computed again. Several runs of one system are one source:
            `Repeats`, a list of runs, or a folder that `run` with `repeat` wrote.
        benchmark: the benchmark that was used, its folder, `sample`, or `org/name`; may be None
            for a run made in this process, or on the bundled sample.
        split: the split to compare on; None for the runs' own split, or all questions of files.
        metrics: names of metrics; None for all that every side has.
        prediction_key: the key of the answers, in files whose format doesn't determine it.
        question_key: the same for the questions.
        cutoff: which answers to take from files that have several to each question: one name for
            all files, or a name for each, by the file's name or path.
        progress: whether to show progress, or a function to call with it.

    Raises:
        InputError: an argument or a source can't be used, or the sides can't be compared.
        MissingResource: something that a named metric needs is not on this machine.
    """
    if split is not None:
        check_choice("split", split, get_args(SplitChoice))
    metrics = with_groups(metrics)
    check_metrics(metrics)
    repeats = [as_repeats(source) for source in sources]
    pairs = list(zip(sources, repeats, strict=True))
    every: list[Any] = [one for source, several in pairs for one in several or [source]]
    _check_sources(sources, every)
    cutoffs = cutoffs_by_path(cutoff, [path for one in every if (path := _path_of(one))])
    data = next((one.benchmark for one in every if isinstance(one, ScoreReport)), None)
    known = next((one for one in every if _knows_benchmark(one)), every[0])
    asked = data if benchmark is None and data else resolve_benchmark(benchmark, known)
    chosen = _common_split(every, split)
    options = ReadOptions(prediction_key=prediction_key, question_key=question_key)

    def side_of(source: Any, name: str) -> Side:
        if isinstance(source, ScoreReport):
            return Side.of_report(source)
        if isinstance(source, Run | str | Path):
            path = source.folder if isinstance(source, Run) else Path(source)
            reading = replace(options, cutoff=cutoffs.get(path))
            return read_side(path, asked, split=chosen, metrics=metrics, options=reading)
        return score_side(source, asked, name=name, split=chosen, metrics=metrics)

    sides: list[Side] = []
    with progress_reporter(progress) as report_progress:
        for place, (source, several) in enumerate(pairs):
            report_progress("scoring", place, len(sources))
            name = f"predictions {LETTERS[place]}"
            if several is None:
                sides.append(side_of(source, name))
            else:
                check_one_system(several)
                runs = [side_of(one, f"{name}{n}") for n, one in enumerate(several, start=1)]
                plain = runs[0].name in (f"{name}1", "predictions")
                called = several.name or (name if plain else None)
                sides.append(join_sides(runs, name=called))
        report_progress("scoring", len(sources), len(sources))
    sides = _told_apart(sides, [_path_of(source) for source in sources])
    return compare_sides(sides, asked, split=chosen, metrics=metrics)


def _told_apart(sides: Sequence[Side], paths: Sequence[Path | None]) -> list[Side]:
    """Return the sides with different names.

    Runs whose folders share a name are named by system, sides without a path by a letter.
    """
    named = list(sides)
    for name in {side.name for side in sides}:
        places = [place for place, side in enumerate(sides) if side.name == name]
        found = [path for place in places if (path := paths[place]) is not None]
        if len(places) == 1 or 0 < len(found) < len(places):
            continue
        if not found:
            names: Sequence[str] = [f"{name} {LETTERS[place]}" for place in places]
        elif all((path / _RUN).is_file() for path in found):
            infos = [read_json(path / _RUN, what="the run's manifest") for path in found]
            names = name_runs(found, infos)
        else:
            names = [f"{path.resolve().parent.name}/{name}" for path in found]
        for place, new in zip(places, names, strict=True):
            named[place] = replace(sides[place], name=new)
    return named


def _check_sources(sources: Sequence[object], every: Sequence[Any]) -> None:
    if not 2 <= len(sources) <= len(LETTERS):
        raise InputError(
            "A comparison needs a baseline and at least one other system.",
            "Give two or more runs or predictions files, each as a separate argument.",
        )
    paths = [path.resolve() for one in every if (path := _path_of(one)) is not None]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"{path.name}: named twice.", "Name each source once.")


def _path_of(source: object) -> Path | None:
    if isinstance(source, Run):
        return source.folder
    return Path(source) if isinstance(source, str | Path) else None


def _knows_benchmark(source: object) -> bool:
    return isinstance(source, Run) and source.benchmark is not None


def _common_split(
    sources: Sequence[ScoreReport | PredictionSource], asked: SplitChoice | None
) -> SplitChoice:
    """Return the split of all sides: the requested one, or the runs' own."""
    bound: list[tuple[str, SplitChoice]] = []
    for source in sources:
        path = _path_of(source)
        split: SplitChoice | None = None
        if isinstance(source, ScoreReport):
            split = source.document["dataset"]["split"]
            name = source.document["source"]["name"]
        elif path is not None:
            split, name = split_of(path), str(path)
        if split is not None:
            bound.append((name, split))
    for name, split in bound:
        first, wanted = bound[0]
        if split != (asked or wanted):
            other = f"`split` is {asked!r}" if asked else f"the split of {first} is {wanted!r}"
            raise InputError(
                f"{name}: its split is {split!r}, but {other}.", "Compare systems on one split."
            )
    return asked or (bound[0][1] if bound else "all")

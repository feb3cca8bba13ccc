"""Opens what can be scored: a run, a predictions file, or predictions as Python objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from locomo_vqa.benchmark import Benchmark, load_argument, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.published_files import ReportedVerdicts
from locomo_vqa.runs import Prediction, Run, SplitChoice, read_run

from ..prediction_files import (
    OwnMean,
    ReadOptions,
    files_in,
    read_prediction_files,
)
from .entry_names import source_name
from .given import given_predictions

if TYPE_CHECKING:
    import pandas as pd

    from locomo_vqa.repeats import Repeats

__all__ = [
    "BenchmarkSource",
    "PredictionSource",
    "Source",
    "open_source",
    "paths_of",
    "resolve_benchmark",
]

PredictionSource: TypeAlias = (
    "Run | Repeats | str | Path | Sequence[str | Path] | Mapping[str, str | Mapping[str, Any]] "
    "| Iterable[Prediction] | pd.DataFrame"
)
"""A run, its folder, a predictions file or several, or answers as Python objects."""

BenchmarkSource: TypeAlias = Benchmark | str | Path
"""A benchmark, its folder, `sample`, or `org/name` on the Hugging Face Hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Predictions, and the information about their origin."""

    name: str
    """The name of the file or the run folder."""
    layout: str
    """`run`, or the file's layout."""
    sha256: str
    """The SHA-256 of the predictions' file."""
    predictions: Sequence[Prediction]
    """At most one prediction per question."""
    run: Run | None = None
    """The run that they come from, if any."""
    split: SplitChoice | None = None
    """The run's split; None if any split may be scored."""
    extra: Sequence[str] = ()
    """The places of rows that match no question, or one that already has a row."""
    notes: Sequence[str] = ()
    """Notes on how the file was read."""
    stored: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The scores in the file, by metric, then by question id."""
    own_means: Mapping[str, OwnMean] = field(default_factory=dict)
    """The means of the scores in the file over all its rows, by metric."""
    reported: ReportedVerdicts | None = None
    """The verdicts of a judge that the file carries."""
    has_answers: bool = True
    """Whether there are answers; a source of rankings alone has none."""


def open_source(
    source: PredictionSource,
    benchmark: Benchmark,
    *,
    split: SplitChoice | None = None,
    options: ReadOptions | None = None,
) -> Source:
    """Read predictions and check that they belong to the benchmark.

    Args:
        source: a run or its folder, a predictions file, a folder of such files or a list of them,
            or predictions as Python objects.
        benchmark: the benchmark whose questions were answered.
        split: the requested split.
        options: how to read a file whose layout doesn't determine it.

    Raises:
        InputError: the predictions can't be used, or are for another benchmark or split.
    """
    paths = paths_of(source)
    if paths is not None and not (len(paths) == 1 and (paths[0] / "run.json").is_file()):
        return _of_files(paths, benchmark, options or ReadOptions())
    _check_unset(options or ReadOptions())
    if paths is not None:
        return _of_run(read_run(paths[0]), benchmark, split)
    if isinstance(source, Run):
        return _of_run(source, benchmark, split)
    given = given_predictions(source, benchmark)
    return Source(
        name="predictions",
        layout="ours",
        sha256=given.sha256,
        predictions=given.predictions,
        notes=given.notes,
        has_answers=given.has_answers,
    )


def paths_of(source: object) -> list[Path] | None:
    """Return the paths that a source names, alone or in a list; None for other sources."""
    if isinstance(source, str | Path):
        return [Path(source)]
    if isinstance(source, Sequence) and source and all(isinstance(s, str | Path) for s in source):
        return [Path(each) for each in source]
    return None


def _check_unset(options: ReadOptions) -> None:
    for name in ("prediction_key", "question_key", "cutoff"):
        if getattr(options, name) is not None:
            raise InputError(
                f"`{name}` is only for files whose layout doesn't determine it.", "Leave it out."
            )


def _of_files(paths: Sequence[Path], benchmark: Benchmark, options: ReadOptions) -> Source:
    """Read a file, several, or those in a folder, as one set of predictions."""
    folder = paths[0] if len(paths) == 1 and paths[0].is_dir() else None
    if folder is not None and (folder / "benchmark.json").is_file():
        raise InputError(f"{folder}: is a benchmark folder, not a run.", "Name the run's folder.")
    files = paths if folder is None else files_in(folder)
    file = read_prediction_files(files, benchmark, options, choose=folder is not None)
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return Source(
        name=f"{files[0].name}{more}" if folder is None else folder.resolve().name,
        layout=file.layout,
        sha256=file.sha256,
        predictions=file.predictions,
        extra=file.extra,
        notes=file.notes,
        stored=file.stored,
        own_means=file.own_means,
        reported=file.reported,
        has_answers=file.has_answers,
    )


def resolve_benchmark(benchmark: BenchmarkSource | None, source: object) -> Benchmark:
    """Return the benchmark that predictions are scored on.

    `benchmark` may be None for a run made in this process, or for a run on the bundled sample,
    which is recognised by its revision.

    Raises:
        InputError: `benchmark` is needed, or can't be used.
    """
    if benchmark is not None:
        return load_argument(benchmark)
    if isinstance(source, Run) and source.benchmark is not None:
        return source.benchmark
    for path in paths_of(source) or ():
        if not path.exists():
            raise InputError(f"{path}: the predictions file does not exist.", "Check the path.")
    dataset = _dataset_of(source)
    if dataset.get("id") == "sample":
        sample = load_benchmark("sample")
        if sample.revision == dataset.get("revision"):
            return sample
    raise InputError(
        "`benchmark` must be given: the predictions don't say where the questions are.",
        "Name the benchmark that they answer: its folder, `sample`, or org/name.",
    )


def _dataset_of(source: object) -> Mapping[str, Any]:
    """Return the data set named in a run or a folder of scores; empty for other sources."""
    if isinstance(source, Run):
        dataset: Mapping[str, Any] = source.info["dataset"]
        return dataset
    if isinstance(source, str | Path):
        for name in ("run.json", "scores.json"):
            path = Path(source) / name
            if path.is_file():
                info = read_json(path, what="the manifest")
                found = info.get("dataset") if isinstance(info, dict) else None
                return found if isinstance(found, dict) else {}
    return {}


def _of_run(run: Run, benchmark: Benchmark, split: SplitChoice | None) -> Source:
    dataset: Mapping[str, Any] = run.info["dataset"]
    if dataset["revision"] != benchmark.revision:
        raise InputError(
            f"{run.folder}: the run used {dataset['id']}, revision {dataset['revision'][:12]}, "
            f"but the benchmark {benchmark.name} has revision {benchmark.revision[:12]}.",
            "Score the run with the benchmark that it used.",
        )
    if split not in (None, dataset["split"]):
        raise InputError(
            f"{run.folder}: the run used the split {dataset['split']!r}, not {split!r}.",
            "Leave `split` out: a run is scored on all questions that it was asked.",
        )
    return Source(
        name=source_name(run.folder),
        layout="run",
        sha256=run.info["files"]["predictions.jsonl"],
        predictions=run.predictions,
        run=run,
        split=dataset["split"],
    )

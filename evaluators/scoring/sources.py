"""Opens what can be scored: a run, a predictions file, or predictions as Python objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from locomo_vqa.benchmark import Benchmark, load_argument, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.runs import Prediction, Run, SplitChoice, read_run

from ..prediction_files import read_prediction_file
from .given import given_predictions

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BenchmarkSource", "PredictionSource", "Source", "open_source", "resolve_benchmark"]

PredictionSource: TypeAlias = (
    "Run | str | Path | Mapping[str, str | Mapping[str, Any]] | Iterable[Prediction] | pd.DataFrame"
)
"""A run, its folder, a predictions file, answers by question id, or a data frame of them."""

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


def open_source(
    source: PredictionSource,
    benchmark: Benchmark,
    *,
    split: SplitChoice | None = None,
    prediction_key: str | None = None,
) -> Source:
    """Read predictions and check that they belong to the benchmark.

    Raises:
        InputError: the predictions can't be used, or are for another benchmark or split.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir():
            return _of_run(read_run(path), benchmark, split)
        file = read_prediction_file(path, benchmark, prediction_key=prediction_key)
        return Source(
            name=path.name,
            layout=file.layout,
            sha256=file.sha256,
            predictions=file.predictions,
            extra=file.extra,
            notes=file.notes,
            stored=file.stored,
        )
    if prediction_key is not None:
        raise InputError(
            "`prediction_key` is only for files in which the key of the answers is ambiguous.",
            "Leave it out.",
        )
    if isinstance(source, Run):
        return _of_run(source, benchmark, split)
    given = given_predictions(source, benchmark)
    return Source(
        name="predictions",
        layout="ours",
        sha256=given.sha256,
        predictions=given.predictions,
        notes=given.notes,
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
    if isinstance(source, str | Path) and not Path(source).exists():
        raise InputError(f"{source}: the predictions file does not exist.", "Check the path.")
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
        name=run.folder.name,
        layout="run",
        sha256=run.info["files"]["predictions.jsonl"],
        predictions=run.predictions,
        run=run,
        split=dataset["split"],
    )

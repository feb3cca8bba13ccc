"""One side of a comparison: its value for every question, stored or computed now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose
from pathlib import Path
from statistics import fmean
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, read_jsonl
from locomo_vqa.metric_names import METRICS
from locomo_vqa.plain_rows import plain_row
from locomo_vqa.runs import FAILED, SplitChoice
from locomo_vqa.schemas import validate

from ..prediction_files import ReadOptions, files_in
from ..scoring import ScoreReport, score
from ..scoring.sources import PredictionSource
from .run_settings import settings_of

__all__ = ["Side", "memory_of", "read_side", "score_side", "split_of"]

_PLAIN = ("nothing", "retrieved")
"""What metrics need that are computed again where stored scores lack them."""

_AGAIN = "Score it again with `locomo-vqa score`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One system's scores, overall and by question."""

    name: str
    """The name of the file or folder."""
    document: Mapping[str, Any]
    """The content of scores.json, valid against its schema."""
    values: Mapping[str, Mapping[str, float | None]]
    """By metric, then by question; None for an unscored question."""
    answered: frozenset[str] = frozenset()
    """The questions that have a row, whatever its state."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The settings of the run, by name; empty for a predictions file."""
    memory: str | None = None
    """The name of the run's memory, if run.json says that it shares it with other runs."""
    runs: tuple[Side, ...] = ()
    """The runs of one system that the side is the mean of; empty for a single run."""

    @classmethod
    def of_report(cls, report: ScoreReport, name: str | None = None) -> Side:
        """Return the side with a report's scores."""
        rows = [plain_row(row) for row in report.scores.by_question]
        return cls(
            name=name or report.document["source"]["name"],
            document=report.document,
            values=_by_metric(rows),
            answered=_answered(rows),
            settings=settings_of(report.run.info, report.run.folder) if report.run else {},
            memory=memory_of(report.run.info) if report.run else None,
        )

    @property
    def count_runs(self) -> int:
        """The number of runs: sets of answers, however often they were judged."""
        return len({run.document["source"]["sha256"] for run in self.runs}) or 1

    @property
    def failed(self) -> int:
        """The number of scored questions in a failed state."""
        return sum(n for state, n in self.document["rows"]["states"].items() if state in FAILED)


def memory_of(info: Mapping[str, Any]) -> str | None:
    """Return the name of a run's memory from run.json; None if the run made it for itself."""
    memory: str | None = (info.get("repeat") or {}).get("memory")
    return memory


def split_of(source: Path) -> SplitChoice | None:
    """Return the split of a run folder or a folder of scores; None for a file or several."""
    if not source.is_dir():
        return None
    name = _manifest_of(source)
    if name is None:
        files_in(source)
        return None
    kind: Any = name.removesuffix(".json")
    info = read_json(source / name, what="the manifest")
    validate(info, kind, path=source / name, remedy=_AGAIN)
    split: SplitChoice = info["dataset"]["split"]
    return split


def _manifest_of(folder: Path) -> str | None:
    """Return the name of the file that makes a folder one of a run or of scores."""
    return next((name for name in ("run.json", "scores.json") if (folder / name).is_file()), None)


def score_side(
    source: PredictionSource,
    benchmark: Benchmark,
    *,
    name: str | None = None,
    split: SplitChoice | None = None,
    metrics: Sequence[str] | None = None,
    options: ReadOptions | None = None,
) -> Side:
    """Return the scores of predictions, computed now.

    Raises:
        InputError: the predictions can't be used, or belong to other data.
    """
    reading = options or ReadOptions()
    report = score(
        source,
        benchmark=benchmark,
        split=split,
        metrics=metrics,
        prediction_key=reading.prediction_key,
        question_key=reading.question_key,
        cutoff=reading.cutoff,
        progress=False,
    )
    return Side.of_report(report, name)


def read_side(
    source: Path,
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    metrics: Sequence[str] | None = None,
    options: ReadOptions | None = None,
) -> Side:
    """Return a source's scores on a split.

    Stored scores of exactly these predictions are reused, so that no judge is asked twice. The
    others are computed, but if there are stored scores, metrics that need an encoder or a judge
    only when they are named.

    Args:
        source: a run folder, a folder with scores.json and scores.jsonl, or a predictions file.
        benchmark: the benchmark that was used.
        split: the questions of the denominator.
        metrics: names of metrics; None for all.
        options: how to read a file whose layout doesn't determine it.

    Raises:
        InputError: the source can't be used, or belongs to other data.
    """
    manifest = _manifest_of(source)
    stored = _read_stored_scores(source, benchmark) if manifest else None
    if stored is None:
        bound = None if manifest else split
        return score_side(source, benchmark, split=bound, metrics=metrics, options=options)
    have = {name for name, found in stored.document["metrics"].items() if found["state"] == "ok"}
    plain = [name for name, info in METRICS.items() if info.needs in _PLAIN]
    wanted = [name for name in metrics or plain if name not in have]
    if not wanted or not (source / "run.json").is_file():
        return stored
    return _join_scores(score_side(source, benchmark, metrics=wanted), stored)


def _read_stored_scores(source: Path, benchmark: Benchmark) -> Side | None:
    """Return the scores in a folder; None if a run folder has no scores of its predictions."""
    path = source / "scores.json"
    is_run = (source / "run.json").is_file()
    if is_run and not path.is_file():
        return None
    try:
        document = read_json(path, what="the scores")
        validate(document, "scores", path=path, remedy=_AGAIN)
    except InputError:
        if is_run:
            return None
        raise
    if is_run:
        run = read_json(source / "run.json", what="the run's manifest")
        if run["files"].get("predictions.jsonl") != document["source"]["sha256"]:
            return None
    revision = document["dataset"]["revision"]
    if revision != benchmark.revision:
        raise InputError(
            f"{source}: the scores are of {document['dataset']['id']}, revision {revision[:12]}; "
            f"the benchmark {benchmark.name} has revision {benchmark.revision[:12]}.",
            "Compare runs on one revision of the data, and name it as `benchmark`.",
        )
    rows = []
    for number, row in read_jsonl(source / "scores.jsonl", what="the scores by question"):
        validate(
            row, "scores_row", path=source / "scores.jsonl", place=f"line {number}", remedy=_AGAIN
        )
        rows.append(row)
    settings = settings_of(run, source) if is_run else {}
    side = Side(
        name=source.name,
        document=document,
        values=_by_metric(rows),
        answered=_answered(rows),
        settings=settings,
        memory=memory_of(run) if is_run else None,
    )
    _check_whole(source, side)
    return side


def _check_whole(source: Path, side: Side) -> None:
    """Check that the values in scores.jsonl have the means that are in scores.json."""
    for name, metric in side.document["metrics"].items():
        if metric["state"] != "ok":
            continue
        values = side.values.get(name, {}).values()
        known = [value for value in values if value is not None]
        overall = metric["overall"]
        if len(values) < overall["n"] or not known:
            fits = False
        else:
            fits = len(known) != overall["n"] or isclose(
                fmean(known), overall["value"], abs_tol=1e-9 * metric["scale"]
            )
        if not fits:
            raise InputError(
                f"{source / 'scores.jsonl'}: does not match scores.json (metric {name}).",
                _AGAIN,
            )


def _by_metric(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float | None]]:
    values: dict[str, dict[str, float | None]] = {}
    for row in rows:
        values.setdefault(row["metric"], {})[row["question_id"]] = row["value"]
    return values


def _answered(rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(row["question_id"] for row in rows if row["state"] != "missing")


def _join_scores(fresh: Side, stored: Side) -> Side:
    computed = {n: m for n, m in fresh.document["metrics"].items() if m["state"] == "ok"}
    metrics = {**fresh.document["metrics"], **stored.document["metrics"], **computed}
    notes = dict.fromkeys([*stored.document["notes"], *fresh.document["notes"]])
    return Side(
        name=fresh.name,
        document={**fresh.document, "metrics": metrics, "notes": list(notes)},
        values={**stored.values, **fresh.values},
        answered=stored.answered | fresh.answered,
        settings=fresh.settings,
        memory=fresh.memory,
    )

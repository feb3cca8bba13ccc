"""Scores one run folder or one predictions file, and writes what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json, write_json, write_jsonl
from locomo_vqa.runs import (
    Prediction,
    Run,
    SplitChoice,
    VisualMode,
    read_run,
    visual_handling,
)
from locomo_vqa.scores import Scores

from ..judging.scoring import JudgeOptions, judge_predictions
from ..metrics.l_settings import LSettings
from ..prediction_files import read_prediction_file
from .notes import failed_in, notes_on_rows, notes_on_trial
from .predictions import check_metrics, score_predictions
from .warnings import notes_on_scores

__all__ = ["ScoreReport", "score_source", "write_scores"]

EQUAL = 1e-9
"""Stored values closer than this to ours are equal."""

_STORED = {"f1_score": "f1", "bleu_score": "bleu1"}
"""Metrics that Mem0's evaluation stores in its rows, and ours of the same definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReport:
    """The scores of one source, and where they come from."""

    scores: Scores
    """What was computed."""
    document: Mapping[str, Any]
    """scores.json, valid against its schema."""
    failed: int
    """Rows in a failed state, those of adversarial questions included."""
    predictions: Sequence[Prediction]
    """What was scored, at most one a question."""
    run: Run | None
    """The run folder; None of a predictions file."""
    judgements: Sequence[Mapping[str, Any]] = ()
    """The lines of judgements.jsonl."""
    unscored: int = 0
    """Answers that a judge gave no verdict on."""


def score_source(
    source: Path,
    benchmark: Benchmark,
    *,
    split: SplitChoice | None = None,
    metrics: Sequence[str] | None = None,
    prediction_key: str | None = None,
    l_settings: LSettings | None = None,
    judging: JudgeOptions | None = None,
) -> ScoreReport:
    """Score a run folder, or a predictions file in any layout of `prediction_files`.

    Args:
        split: the denominator; None for the run's own, or for all questions of a file.
        metrics: names of metrics; None for all that can be computed.
        l_settings: how L, BERTScore and SBERT are computed; None for the defaults.
        judging: who judges the answers; None leaves J out.

    Raises:
        InputError: the source can't be used, or is of another benchmark.
        MissingResource: what a named metric needs is not on this machine.
    """
    check_metrics(metrics)
    stored: Mapping[str, Mapping[str, float]] = {}
    notes: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    modes: dict[str, str] | None = None
    visual: VisualMode = "given"
    run: Run | None = None
    if source.is_dir():
        run = read_run(source)
        visual = visual_handling(run.info)
        modes = {"image_handling": run.info["image_handling"], "visual_handling": visual}
        _check_dataset(source, run.info["dataset"], benchmark, split)
        split = run.info["dataset"]["split"]
        predictions, layout = run.predictions, "run"
        digest = run.info["files"]["predictions.jsonl"]
    else:
        file = read_prediction_file(source, benchmark, prediction_key=prediction_key)
        predictions, layout, digest = file.predictions, file.layout, file.sha256
        stored, notes, extra = file.stored, file.notes, file.extra
    chosen: SplitChoice = split or "all"
    scores = score_predictions(
        predictions,
        benchmark,
        split=chosen,
        metrics=metrics,
        extra=len(extra),
        l_settings=l_settings,
    )
    scores = _as_asked(scores, visual)
    judged = None
    if judging is not None:
        judged = judge_predictions(scores, predictions, benchmark, split=chosen, options=judging)
        scores = judged.scores
    document = {
        "schema_version": 1,
        "kind": "scores",
        "source": {"name": source.name, "layout": layout, "sha256": digest},
        "dataset": {"id": benchmark.name, "revision": benchmark.revision, "split": chosen},
        "modes": modes,
        **scores.to_json(),
        "notes": [
            *notes,
            *notes_on_trial(run),
            *notes_on_rows(predictions, benchmark, split=chosen, extra=extra),
            *notes_on_scores(scores, benchmark, split=chosen),
        ],
        "stored": _compare(stored, scores),
        "judging": judged.document if judged else None,
    }
    failed = sum(failed_in(predictions, benchmark, chosen).values())
    return ScoreReport(
        scores=scores,
        document=document,
        failed=failed,
        predictions=predictions,
        run=run,
        judgements=judged.transcripts if judged else (),
        unscored=judged.unscored if judged else 0,
    )


def write_scores(folder: Path, sheet: ScoreReport, *, own: bool = False) -> None:
    """Write scores.json and scores.jsonl (one line a question and metric) into a folder.

    Where answers were judged, judgements.jsonl has what the judges said.

    `own` says that the folder is the source itself, whose scores may always be replaced.

    Raises:
        OutputError: it is a benchmark folder, has the scores of another source, or can't be
            written.
    """
    try:
        if not own:
            _check_free(folder, sheet)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: can't be made ({error.strerror}).", "Choose another --out."
        ) from None
    write_jsonl(folder / "scores.jsonl", [asdict(row) for row in sheet.scores.by_question])
    if sheet.judgements:
        write_jsonl(folder / "judgements.jsonl", sheet.judgements)
    write_json(folder / "scores.json", sheet.document)


def _as_asked(scores: Scores, visual: VisualMode) -> Scores:
    """Say in V's signature that its pictures were recalled: another task than the paper's V."""
    v = scores.metrics.get("v")
    if visual == "given" or v is None or v.signature is None:
        return scores
    recalled = replace(v, signature=f"{v.signature},visual={visual}")
    return replace(scores, metrics={**scores.metrics, "v": recalled})


def _check_free(folder: Path, sheet: ScoreReport) -> None:
    if (folder / "benchmark.json").exists():
        raise OutputError(f"{folder}: is a benchmark folder.", "Choose another --out.")
    path = folder / "scores.json"
    if not path.exists():
        return
    try:
        source = read_json(path, what="the scores")["source"]["sha256"]
    except (InputError, KeyError, TypeError):
        source = None
    if source != sheet.document["source"]["sha256"]:
        raise OutputError(
            f"{path}: holds the scores of something else.", "Choose another --out, or remove it."
        )


def _check_dataset(
    source: Path, dataset: Mapping[str, str], benchmark: Benchmark, split: SplitChoice | None
) -> None:
    if dataset["revision"] != benchmark.revision:
        raise InputError(
            f"{source}: ran on {dataset['id']}, revision {dataset['revision'][:12]}; the benchmark "
            f"{benchmark.name} has revision {benchmark.revision[:12]}.",
            "Score it with the benchmark it ran on.",
        )
    if split is not None and split != dataset["split"]:
        raise InputError(
            f"{source}: ran on the split {dataset['split']!r}, not {split!r}.",
            "Leave --split out: a run is scored on all questions it was asked.",
        )


def _compare(stored: Mapping[str, Mapping[str, float]], scores: Scores) -> dict[str, Any]:
    """Compare the values a file brings with ours: how many rows, their mean, how many equal."""
    compared: dict[str, Any] = {}
    for name, values in stored.items():
        if not values:
            continue
        ours = {
            row.question_id: row.value
            for row in scores.by_question
            if row.metric == _STORED.get(name) and row.value is not None
        }
        equal = sum(abs(ours[q] - value) <= EQUAL for q, value in values.items() if q in ours)
        compared[name] = {
            "rows": len(values),
            "mean": fmean(values.values()),
            "equal": equal if ours else None,
        }
    return compared

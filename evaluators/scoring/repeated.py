"""Scores several runs of one system together: the mean of each question, and the noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_text
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.repeats import Repeats, repeats_in
from locomo_vqa.runs import Run
from locomo_vqa.scores import MetricScores, RowCounts, RowScore, Scores
from locomo_vqa.text import counted

from ..abstention.centred import centred
from ..noise import RepeatedRun, noise_section
from ..statistics.summaries import Item, row_score, summarise_metric
from .report import ScoreReport

__all__ = ["LAYOUT", "as_repeats", "join_reports", "noise_of", "repeated_run"]

LAYOUT = "repeats"
"""The layout of the source of joined scores."""

_OF_ONE_RUN = frozenset({"retrieval", "abstention", "failures"})
"""Sections of scores.json that are in the scores of each run, and not in joined ones."""


def as_repeats(source: object) -> Repeats | None:
    """Return a source as repeats of one system, or None if it is one set of answers.

    Repeats are `Repeats`, a folder that `run` with `repeat` wrote, and a list of runs, run folders
    or score reports. A list of files is one set of answers.
    """
    if isinstance(source, Repeats):
        return source
    if isinstance(source, str | Path):
        found = repeats_in(Path(source))
        return Repeats(found, name=Path(source).resolve().name) if len(found) > 1 else None
    if isinstance(source, list | tuple) and len(source) > 1 and all(map(_is_run, source)):
        return Repeats(source)
    return None


def _is_run(source: object) -> bool:
    if isinstance(source, str | Path):
        return (Path(source) / "run.json").is_file()
    return isinstance(source, Run | ScoreReport)


def join_reports(reports: Sequence[ScoreReport], *, name: str | None = None) -> ScoreReport:
    """Return one report on several runs of one system.

    Each question's value is its mean over the runs; rows are counted over all runs. The answers
    are those of the first run. A metric that a run lacks, or has in another way, is left out.

    Raises:
        InputError: the runs are on different data or splits, or the same scores are there twice.
    """
    first = reports[0]
    _check_joinable(reports)
    split = first.document["dataset"]["split"]
    questions = {question.id: question for question in questions_of(first.benchmark, split)}
    metrics: dict[str, MetricScores] = {}
    rows: list[RowScore] = []
    for metric in dict.fromkeys(name for report in reports for name in report):
        metrics[metric], found = _joined_metric(metric, reports, questions)
        rows += found
    scores = Scores(
        rows=_joined_rows(reports),
        metrics=metrics,
        answer_length=_mean([report.scores.answer_length for report in reports]),
        by_question=rows,
    )
    notes = _notes(reports)
    document = {
        **{name: value for name, value in first.document.items() if name not in _OF_ONE_RUN},
        "source": {
            "name": name or f"{first.document['source']['name']} and {len(reports) - 1} more",
            "layout": LAYOUT,
            "sha256": sha256_text(
                "".join(f"{report.document['source']['sha256']}\n" for report in reports)
            ),
        },
        **scores.to_json(),
        "notes": notes,
        "stored": {},
        "reported": first.document.get("reported"),
        "judging": None,
    }
    noise = noise_of(reports, questions)
    if noise is not None:
        document["noise"] = noise
    return ScoreReport(
        scores=scores,
        document=document,
        benchmark=first.benchmark,
        predictions=first.predictions,
        run=None,
        notes=notes,
        warnings=(),
        failed=sum(report.failed for report in reports),
        unscored=sum(report.unscored for report in reports),
        runs=tuple(reports),
    )


def noise_of(
    reports: Sequence[ScoreReport], questions: Mapping[str, Question]
) -> dict[str, Any] | None:
    """Return the section `noise` for runs of one system; None if nothing was repeated."""
    runs = [repeated_run(report, str(place)) for place, report in enumerate(reports, start=1)]
    conversations = {name: question.conversation for name, question in questions.items()}
    return noise_section(_with_centred(runs, questions), conversations)


def _with_centred(
    runs: Sequence[RepeatedRun], questions: Mapping[str, Question]
) -> Sequence[RepeatedRun]:
    """Return the runs with contributions to A whose spread is that of A."""
    if not all("a" in run.values for run in runs):
        return runs
    asked = runs[0].values["a"].keys()
    if any(run.values["a"].keys() != asked for run in runs) or not asked <= questions.keys():
        return runs
    tables = centred([run.values["a"] for run in runs], questions)
    return [
        replace(run, values={**run.values, "a": table})
        for run, table in zip(runs, tables, strict=True)
    ]


def repeated_run(report: ScoreReport, label: str) -> RepeatedRun:
    """Return a report as one of several runs, with the metrics that have a value everywhere.

    `label` stands for the run's memory, unless run.json says which one it shares.
    """
    repeat = (report.run.info.get("repeat") if report.run else None) or {}
    values: dict[str, dict[str, float]] = {}
    unscored: set[str] = set()
    for row in report.scores.by_question:
        if row.value is None:
            unscored.add(row.metric)
        else:
            values.setdefault(row.metric, {})[row.question_id] = row.value
    kept = {
        name: found
        for name, found in values.items()
        if name not in unscored and report[name].state == "ok"
    }
    return RepeatedRun(
        name=report.document["source"]["name"],
        seed=repeat.get("seed"),
        memory=repeat.get("memory") or label,
        answers=report.document["source"]["sha256"],
        values=kept,
        passes=_passes(report, kept),
    )


def _passes(
    report: ScoreReport, values: Mapping[str, Mapping[str, float]]
) -> dict[str, list[Mapping[str, float]]]:
    """Return the passes of judges: of one asked now, and of one whose verdicts the file carries."""
    passes = {name: list(several) for name, several in report.passes.items() if name in values}
    return passes | _passes_of_file(report, values)


def _passes_of_file(
    report: ScoreReport, values: Mapping[str, Mapping[str, float]]
) -> dict[str, list[Mapping[str, float]]]:
    if report.reported is None or "reported_j" not in values:
        return {}
    scale, known = METRICS["reported_j"].scale, values["reported_j"]
    passes: list[Mapping[str, float]] = [
        {name: one[name] * scale if name in one else value for name, value in known.items()}
        for one in report.reported.passes
    ]
    return {"reported_j": passes} if passes else {}


def _check_joinable(reports: Sequence[ScoreReport]) -> None:
    first = reports[0].document
    seen: dict[tuple[Any, ...], str] = {}
    for report in reports:
        document = report.document
        name = document["source"]["name"]
        if document["dataset"] != first["dataset"]:
            raise InputError(
                f"{name}: was run on other data, or another split, than {first['source']['name']}.",
                "Give runs of one system on one split together.",
            )
        key = (document["source"]["sha256"], tuple(report.scores.by_question))
        if key in seen:
            raise InputError(
                f"{seen[key]} and {name} are the same answers with the same scores.",
                "Give each run once.",
            )
        seen[key] = name


def _joined_metric(
    metric: str, reports: Sequence[ScoreReport], questions: Mapping[str, Question]
) -> tuple[MetricScores, list[RowScore]]:
    """Return a metric's scores over all runs, and each question's mean."""
    if (reason := _why_not(metric, reports)) is not None:
        return MetricScores(state="not_computed", reason=reason), []
    scale = METRICS[metric].scale
    rows: dict[str, list[RowScore]] = {}
    for report in reports:
        for row in report.scores.by_question:
            if row.metric == metric and row.question_id in questions:
                rows.setdefault(row.question_id, []).append(row)
    items = [
        Item(
            questions[name],
            fmean((row.value or 0.0) / scale for row in found),
            next((row.state for row in found if row.state != "ok"), "ok"),
        )
        for name, found in rows.items()
    ]
    signatures = dict.fromkeys(str(report[metric].signature) for report in reports)
    made = summarise_metric(items, metric, signature=" / ".join(signatures))
    return made, [row_score(item, metric) for item in items]


def _why_not(metric: str, reports: Sequence[ScoreReport]) -> str | None:
    """Return why the runs have no common score in a metric; None if they do."""
    if METRICS[metric].contributes:
        return "It is a difference of shares, which each run has its own of: see each run's scores."
    given = METRICS[metric].needs == "verdicts"
    for report in reports:
        name = report.document["source"]["name"]
        scores = report.get(metric)
        if scores is None or scores.state != "ok":
            reason = scores.reason if scores else None
            return f"{name}: {reason or 'it was not computed.'}"
        if scores.signature != reports[0][metric].signature and not given:
            return f"{name}: its signature differs from that of the first run."
        asked = {row.question_id for row in report.scores.by_question if row.metric == metric}
        if asked != {r.question_id for r in reports[0].scores.by_question if r.metric == metric}:
            return f"{name}: it is of other questions than in the first run."
    return None


def _joined_rows(reports: Sequence[ScoreReport]) -> RowCounts:
    rows = [report.scores.rows for report in reports]
    states: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    for one in rows:
        states.update(one.states)
        answered.update(one.answered or {})
    return RowCounts(
        matched=sum(one.matched for one in rows),
        missing=sum(one.missing for one in rows),
        extra=sum(one.extra for one in rows),
        unscored=sum(one.unscored for one in rows),
        states=dict(states),
        answered=dict(answered),
    )


def _notes(reports: Sequence[ScoreReport]) -> list[str]:
    notes = [
        f"{counted(len(reports), 'run')} of one system: values are means over them, and rows are "
        "counted over all."
    ]
    common = set(reports[0].document["notes"])
    common = common.intersection(*(report.document["notes"] for report in reports))
    for report in reports:
        name = report.document["source"]["name"]
        for note in report.document["notes"]:
            labelled = note if note in common else f"{name}: {note}"
            if labelled not in notes:
                notes.append(labelled)
    for metric in reports[0]:
        if METRICS[metric].needs == "judge" and reports[0].document["judging"]:
            notes.append(f"How {metric_title(metric)}'s judge was checked is in each run's scores.")
    return notes


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None

"""Collects everything that a report shows, as plain values within the size limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from locomo_vqa.benchmark import CATEGORIES, VisualQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.benchmark.twins import VisualTwin
from locomo_vqa.files import clean_text
from locomo_vqa.html_json import json_for_html
from locomo_vqa.local_paths import public_value
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.scores import FEW_CONVERSATIONS

from ..scoring import ScoreReport
from .abstention import abstention_of
from .cost import cost_of
from .facts import run_facts, title_of
from .failures import failures_of
from .items import LEVELS, Kind, Level, asked_in, items_of, kind_of, worst_first
from .judges import judges_of
from .noise import noise_of_document
from .retrieval import retrieval_of
from .thumbnails import Thumbnails, make_thumbnails

__all__ = ["MAX_BYTES", "report_data"]

MAX_BYTES = 15_000_000
"""The maximum size of a page."""

_TEXT_BYTES = 7_000_000
"""The part for the questions; the images get what they leave."""
_OTHER_BYTES = 500_000
"""The part for the page itself, the scores, and the notes."""
_MANY = 20_000
"""The number of questions above which only the shortest form can fit."""
_MOST_BARS = 100
_MOST_NOTES = 50
_MOST_CHARACTERS = 1000


def report_data(report: ScoreReport) -> dict[str, Any]:
    """Return the content of the page; its texts are untrusted.

    The whole page is smaller than `MAX_BYTES`: long texts are cut, then passages and evidence are
    left out, then the questions answered best; images become smaller, then the questions answered
    best lose theirs. `limits` describes what was done.
    """
    asked = asked_in(report)
    worst = worst_first(asked, report)
    items, level = _items(asked, worst, report)
    room = MAX_BYTES - _OTHER_BYTES - _size(items)
    kept = {row["id"] for row in items["questions"]}
    hashes = [
        q.image
        for q in worst
        if isinstance(q, VisualQuestion) and not isinstance(q, VisualTwin) and q.id in kept
    ]
    thumbnails = make_thumbnails(report.benchmark, hashes, budget=room)
    document = report.document
    return {
        "title": title_of(report),
        "facts": run_facts(report),
        "notes": _notes(document),
        "metrics": [_metric(name, metric) for name, metric in document["metrics"].items()],
        "few": FEW_CONVERSATIONS,
        "rows": {k: document["rows"][k] for k in ("matched", "missing", "extra", "unscored")},
        "answer_length": document["answer_length"],
        "abstention": abstention_of(document),
        "noise": noise_of_document(document),
        "judges": judges_of(document),
        "states": _states_by_kind(asked, report),
        "failures": failures_of(report),
        "retrieval": retrieval_of(report),
        "cost": public_value(cost_of(report, asked)),
        "limits": [*_limits(level, len(kept), len(asked)), *_image_limits(thumbnails)],
        "images": thumbnails.images,
        **items,
    }


def _items(
    asked: Sequence[Question],
    worst: Sequence[Question],
    report: ScoreReport,
) -> tuple[dict[str, Any], Level]:
    """Return the questions in the fullest form that fits, or as many of the worst as fit."""
    ranks = {question.id: rank for rank, question in enumerate(worst)}
    for level in LEVELS if len(asked) <= _MANY else LEVELS[-1:]:
        items = items_of(asked, report, level, ranks)
        if _size(items) <= _TEXT_BYTES:
            return items, level
    keep = len(asked)
    while keep > 1 and (size := _size(items)) > _TEXT_BYTES:
        keep = max(1, int(keep * 0.9 * _TEXT_BYTES / size))
        chosen = {question.id for question in worst[:keep]}
        fewer = [question for question in asked if question.id in chosen]
        items = items_of(fewer, report, level, ranks)
    return items, level


def _size(value: Any) -> int:
    return len(json_for_html(value).encode("utf-8"))


def _limits(level: Level, shown: int, asked: int) -> list[str]:
    """Return sentences on what was cut or left out of the questions' texts."""
    limits = []
    if level is not LEVELS[0]:
        rest = (
            f"at most {level.passages} retrieved passages are shown"
            if level.passages
            else "evidence, retrieved passages and what judges said are left out"
        )
        limits.append(
            f"There are many long texts: answers are cut after {level.answer:,} characters, and "
            f"{rest}."
        )
    if shown < asked:
        limits.append(
            f"Only the {shown:,} questions answered worst are listed, of {asked:,}; scores.jsonl "
            "has the values of all."
        )
    return limits


def _image_limits(thumbnails: Thumbnails) -> list[str]:
    limits = []
    if thumbnails.left_out:
        limits.append(
            f"Images left out to keep this page below {MAX_BYTES // 1_000_000} MB: "
            f"{thumbnails.left_out:,}. They are in the benchmark's folder."
        )
    if thumbnails.unreadable:
        limits.append(
            f"Images that are missing or damaged in the benchmark's folder: "
            f"{thumbnails.unreadable:,}."
        )
    return limits


def _notes(document: Mapping[str, Any]) -> list[str]:
    """Return the warnings and notes of a scores document, warnings first."""
    notes: list[str] = []
    for key in ("warnings", "notes"):
        for note in document.get(key) or ():
            text = note.get("message") or note.get("text") if isinstance(note, dict) else note
            notes.append(clean_text(str(text or note))[:_MOST_CHARACTERS])
    if len(notes) > _MOST_NOTES:
        notes = [*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES:,} more are in scores.json."]
    return notes


def _metric(name: str, metric: Mapping[str, Any]) -> dict[str, Any]:
    lenient = (metric.get("corrected") or {}).get("lenient")
    row = {
        "name": name,
        "label": metric_title(name) + (" *" if lenient else ""),
        "meaning": METRICS[name].meaning if name in METRICS else "",
        "state": metric["state"],
        "reason": metric.get("reason"),
        "signature": metric.get("signature"),
        "scale": metric.get("scale") or 1,
        "unscored": metric.get("unscored") or 0,
        "bounds": metric.get("bounds"),
    }
    if metric["state"] == "not_computed":
        return row
    categories = ((CATEGORIES.get(int(k), k), e) for k, e in metric["by_category"].items())
    return row | {
        "overall": _estimate_row(metric["overall"]),
        "clean": _estimate_row(metric["clean"]) if metric.get("clean") else None,
        "by_category": _bar_rows(categories),
        "by_type": _bar_rows(metric["by_type"].items()),
        "by_conversation": _bar_rows(metric["by_conversation"].items()),
    }


def _bar_rows(groups: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    rows = [{"label": label[:100], **_estimate_row(estimate)} for label, estimate in groups]
    return {"rows": rows[:_MOST_BARS], "more": max(0, len(rows) - _MOST_BARS)}


def _estimate_row(estimate: Mapping[str, Any]) -> dict[str, Any]:
    interval = estimate["interval"] or {}
    kept = {name: interval.get(name) for name in ("low", "high", "level", "method", "clusters")}
    return {"value": estimate["value"], "n": estimate["n"], **kept}


def _states_by_kind(asked: Sequence[Question], report: ScoreReport) -> list[dict[str, Any]]:
    """Return the number of questions of each kind in each state, including `missing`."""
    given = {prediction.question_id: prediction.state for prediction in report.predictions}
    kinds: dict[Kind, dict[str, int]] = {}
    for question in asked:
        counts = kinds.setdefault(kind_of(question), {})
        state = given.get(question.id, "missing")
        counts[state] = counts.get(state, 0) + 1
    return [{"kind": kind, "counts": counts} for kind, counts in kinds.items()]

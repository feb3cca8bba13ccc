"""The values that the page and results.csv show for each entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import visual_handling

from .board_entry import Entry

__all__ = [
    "BOARD_METRICS",
    "NOT_SCORED",
    "UNRANKED",
    "Rankings",
    "judge_of",
    "rank_of",
    "result_row",
    "result_rows",
]

Rankings = Mapping[str, Mapping[str, Any]]
"""See `Board.rankings`."""

_FIRST = ("v", "l", "j", "f1", "bleu1", "rouge1", "meteor")
_PARTS = ("bertscore", "sbert")
_ELSEWHERE = tuple(
    name for name, info in METRICS.items() if info.needs == "verdicts" or not info.on_board
)

BOARD_METRICS = (
    *_FIRST,
    *(name for name in METRICS if name not in (*_FIRST, *_PARTS, *_ELSEWHERE)),
)
"""The metrics that the board shows, in order: all but the parts of L, and what others reported."""

UNRANKED = "No rank: the judge accepts too many wrong answers."
"""Why a J is marked."""

_MOST_CHARACTERS = 200
NOT_SCORED: Mapping[str, Any] = {
    "state": "not_computed",
    "reason": "This board's scorer doesn't have the metric.",
}
"""The placeholder for a metric that an entry was not scored with."""


def result_rows(entries: Iterable[Entry], rankings: Rankings | None = None) -> list[dict[str, Any]]:
    """Return a row for each accepted entry, in the order given, with its ranks in `rankings`."""
    return [result_row(entry, rankings) for entry in entries if entry.state == "rescored"]


def result_row(entry: Entry, rankings: Rankings | None = None) -> dict[str, Any]:
    """Return the row of an accepted entry, with its ranks in a board's `rankings`."""
    assert entry.metadata is not None and entry.scores is not None
    metadata, scores = entry.metadata, entry.scores
    states: dict[str, int] = scores["rows"]["states"]
    return {
        "entry": entry.name,
        "date": entry.name.rpartition("/")[2],
        "system": _short(metadata["system"]["name"]),
        "version": _short(metadata["system"]["version"]),
        "url": _web_address(metadata["system"].get("url")),
        "answerer": _short(metadata["answerer"]["model"] or _unnamed(entry)),
        "images": _images_seen(metadata, entry.uses_images),
        "visual": visual_handling(metadata),
        "split": entry.split,
        "submission_type": metadata["submission_type"],
        "trained_on_locomo": metadata["disclosure"]["trained_on_locomo"],
        "scores": {
            name: _score_row(
                scores["metrics"].get(name, NOT_SCORED),
                (scores["rows"].get("answered") or {}).get(METRICS[name].questions),
            )
            | rank_of(entry, name, rankings or {})
            for name in BOARD_METRICS
        },
        "judge": judge_of(entry),
        "reported_j": _reported(entry),
        "ran": list(entry.ran),
        "given": states.get("ok", 0),
        "total": scores["rows"]["matched"] + scores["rows"]["missing"],
        "states": states,
        "clean": entry.clean,
        "certificate": _certified(entry),
        "answer_length": scores["answer_length"],
        "conversations": _count_conversations(scores["metrics"].values()),
        **{name: getattr(entry, name) for name in ("kind", "badge", "table", "standing")},
    }


def rank_of(entry: Entry, metric: str, rankings: Rankings) -> dict[str, Any]:
    """Return the ranks of an entry under a metric: `rank_low`, `rank_high` and its `group`."""
    ranking = rankings.get(entry.table or "", {}).get(metric)
    place = ranking["entries"].get(entry.name, {}) if ranking else {}
    low, high = place.get("rank") or (None, None)
    return {"rank_low": low, "rank_high": high, "group": place.get("group")}


def judge_of(entry: Entry) -> str | None:
    """Return the name of the judge in the signature of J; None without a J."""
    j = entry.scores["metrics"].get("j") if entry.scores else None
    signed = re.match(r"j:judge=([^,]+)", (j and j["signature"]) or "")
    return signed[1] if signed else None


def _certified(entry: Entry) -> str:
    """Return whether the system answers from the picture; an untested one is never refuted."""
    verdict: str = entry.certificate["verdict"] if entry.certificate else "not tested"
    return verdict.replace("_", " ")


def _reported(entry: Entry) -> dict[str, Any] | None:
    """Return reported J, with who gave the verdicts; None without verdicts in a published file."""
    metric = entry.scores["metrics"].get("reported_j") if entry.scores else None
    if metric is None:
        return None
    return {**_score_row(metric, None), "judge": (entry.source or {}).get("judge") or "unknown"}


def _images_seen(metadata: Mapping[str, Any], used: bool | None) -> str:
    """Return what the system saw, and whether visual questions came without their image.

    Pixels that a system never uses don't count as seen.
    """
    offered: str = metadata["image_handling"] or "not stated"
    seen = "none used" if offered in ("pixels", "shuffled") and used is False else offered
    return seen if visual_handling(metadata) == "given" else f"{seen}, recalled"


def _score_row(metric: Mapping[str, Any], answered: int | None = None) -> dict[str, Any]:
    """Return a metric's value; `answered` of its questions have an answer, if that is known."""
    overall = metric.get("overall") or {}
    if metric["state"] != "ok" or overall["value"] is None:
        reason = metric["reason"] or "The split has no question for it."
        return {"value": None, "reason": reason}
    interval = overall["interval"] or {}
    kept = {name: interval.get(name) for name in ("low", "high", "level", "method", "clusters")}
    return {
        "value": overall["value"],
        "n": overall["n"],
        "answered": answered,
        **kept,
        **({"sampled_of": metric["sampled_of"]} if metric.get("sampled_of") else {}),
        **_marked(metric),
    }


def _marked(metric: Mapping[str, Any]) -> dict[str, Any]:
    """Return why a J has no rank, and J corrected by its judge's errors; empty for other scores."""
    corrected = metric.get("corrected")
    if corrected is None or not corrected["lenient"]:
        return {}
    span = corrected["interval"] or {}
    return {
        "unranked": UNRANKED,
        "corrected": {
            "value": corrected["value"],
            "low": span.get("low"),
            "high": span.get("high"),
        },
    }


def _count_conversations(metrics: Iterable[Mapping[str, Any]]) -> int:
    return len({name for metric in metrics for name in metric["by_conversation"]})


def _unnamed(entry: Entry) -> str | None:
    """Return what is said of an answerer without a name: only a run is known to have none."""
    return "not stated" if entry.kind == "file" else None


def _short(text: str | None) -> str | None:
    if text is None or len(text) <= _MOST_CHARACTERS:
        return text
    return f"{text[: _MOST_CHARACTERS - 1]}…"


def _web_address(url: str | None) -> str | None:
    try:
        safe = url is not None and urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return None
    return url if safe else None

"""The values that the page and results.csv show for each entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import visual_handling
from locomo_vqa.scores import FEW_CONVERSATIONS

if TYPE_CHECKING:
    from .board import Board, Entry

__all__ = ["BOARD_METRICS", "page_data", "result_row", "result_rows"]

_FIRST = ("v", "l", "j", "f1", "bleu1", "rouge1", "meteor")
_PARTS = ("bertscore", "sbert")

BOARD_METRICS = (*_FIRST, *(name for name in METRICS if name not in (*_FIRST, *_PARTS)))
"""The metrics that the board shows, in its order: all but the parts of L."""

_MOST_CHARACTERS = 200
_ABSENT = {"state": "not_computed", "reason": "This board's scorer doesn't have the metric."}


def page_data(board: Board) -> dict[str, Any]:
    """Return everything that the page shows; any text in it may come from strangers."""
    rows = result_rows(board)
    accepted = [entry for entry in board.entries if entry.state == "rescored"]
    return {
        "dataset": {"id": board.dataset, "revision": board.revision},
        "metrics": [_metric(name, accepted) for name in BOARD_METRICS],
        "default": _default_metric(rows),
        "few_conversations": FEW_CONVERSATIONS,
        "entries": rows,
        "rejected": [
            {"entry": entry.name, "problems": list(entry.problems)}
            for entry in board.entries
            if entry.state == "rejected"
        ],
    }


def result_rows(board: Board) -> list[dict[str, Any]]:
    """Return a row for each accepted entry, in the board's order."""
    return [result_row(entry) for entry in board.entries if entry.state == "rescored"]


def result_row(entry: Entry) -> dict[str, Any]:
    """Return the row of an accepted entry."""
    assert entry.metadata is not None and entry.scores is not None
    metadata, scores = entry.metadata, entry.scores
    states: dict[str, int] = scores["rows"]["states"]
    return {
        "entry": entry.name,
        "date": entry.name.rpartition("/")[2],
        "system": _short(metadata["system"]["name"]),
        "version": _short(metadata["system"]["version"]),
        "url": _web_address(metadata["system"].get("url")),
        "answerer": _short(metadata["answerer"]["model"]),
        "images": _images_seen(metadata, entry.uses_images),
        "visual": visual_handling(metadata),
        "split": entry.split,
        "submission_type": metadata["submission_type"],
        "trained_on_locomo": metadata["disclosure"]["trained_on_locomo"],
        "scores": {name: _score(scores["metrics"].get(name, _ABSENT)) for name in BOARD_METRICS},
        "given": states.get("ok", 0),
        "total": scores["rows"]["matched"] + scores["rows"]["missing"],
        "states": states,
        "answer_length": scores["answer_length"],
        "conversations": _conversations(scores["metrics"].values()),
    }


def _images_seen(metadata: Mapping[str, Any], used: bool | None) -> str:
    """Return what the system saw, and whether visual questions came without their image.

    Pixels that a system never looks at don't count as seen.
    """
    offered: str = metadata["image_handling"]
    seen = "none used" if offered in ("pixels", "shuffled") and used is False else offered
    return seen if visual_handling(metadata) == "given" else f"{seen}, recalled"


def _score(metric: Mapping[str, Any]) -> dict[str, Any]:
    overall = metric.get("overall") or {}
    if metric["state"] != "ok" or overall["value"] is None:
        reason = metric["reason"] or "The split has no question for it."
        return {"value": None, "reason": reason}
    interval = overall["interval"] or {}
    kept = {name: interval.get(name) for name in ("low", "high", "level", "method", "clusters")}
    return {"value": overall["value"], "n": overall["n"], **kept}


def _metric(name: str, entries: list[Entry]) -> dict[str, Any]:
    found = [entry.scores["metrics"].get(name, _ABSENT) for entry in entries if entry.scores]
    computed = [metric for metric in found if metric["state"] == "ok"]
    reasons: dict[str, int] = {}
    for metric in found:
        if metric["state"] != "ok":
            reason = metric["reason"] or "No reason is given."
            reasons[reason] = reasons.get(reason, 0) + 1
    return {
        "name": name,
        "label": METRICS[name].title,
        "meaning": METRICS[name].meaning,
        "scale": METRICS[name].scale,
        "signatures": sorted({metric["signature"] or "not given" for metric in computed}),
        "reasons": reasons,
    }


def _default_metric(rows: list[dict[str, Any]]) -> str:
    has_v = any(row["scores"]["v"]["value"] is not None for row in rows)
    return "v" if has_v else "f1"


def _conversations(metrics: Iterable[Mapping[str, Any]]) -> int:
    return len({name for metric in metrics for name in metric["by_conversation"]})


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

"""Short tables of a board or a submission, for the terminal and for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locomo_vqa.html_table import html_table
from locomo_vqa.metric_names import METRICS, metric_title

if TYPE_CHECKING:
    from .board import Board, Entry
    from .submission import Submission

__all__ = ["COLUMNS", "NUMBERS", "board_html", "remarks", "submission_html", "summary_rows"]

_SHOWN = ("v", "l", "j", "f1")
COLUMNS = ("submission", "state", "split")
"""Headings of the text columns of `summary_rows`."""
NUMBERS = tuple(metric_title(name) for name in _SHOWN)
"""Headings of its columns of scores."""


def summary_rows(board: Board) -> list[tuple[str, ...]]:
    """Return name, state, split and the main scores of each entry; "–" if not computed."""
    return [
        (
            entry.name,
            entry.state,
            entry.split or "–",
            *(_score(entry, name) for name in _SHOWN),
        )
        for entry in board
    ]


def remarks(board: Board) -> list[str]:
    """Return the problems and notes of all entries, a sentence each."""
    return [
        f"{entry.name}: {label}: {sentence}"
        for entry in board
        for label, sentences in (("problem", entry.problems), ("note", entry.notes))
        for sentence in sentences
    ]


def board_html(board: Board) -> str:
    """Return a board as an HTML table, with problems and notes below it."""
    return html_table(
        COLUMNS,
        summary_rows(board),
        numbers=NUMBERS,
        caption=f"{board.dataset}, revision {board.revision[:12]}",
        notes=remarks(board),
    )


def submission_html(submission: Submission) -> str:
    """Return the metadata of a submission as an HTML table."""
    metadata = submission.metadata
    trained = metadata["disclosure"]["trained_on_locomo"]
    rows = [
        ("folder", str(submission.folder)),
        ("system", metadata["system"]["name"]),
        ("version", metadata["system"]["version"]),
        ("answerer", metadata["answerer"]["model"]),
        ("images", f"{metadata['image_handling']}, {metadata['visual_handling']}"),
        ("type", metadata["submission_type"]),
        ("contact", metadata["contact"]),
        ("trained on LoCoMo", None if trained is None else "yes" if trained else "no"),
    ]
    return html_table(("", "submission"), rows)


def _score(entry: Entry, name: str) -> str:
    value = entry.value(name)
    return "–" if value is None else f"{value:.{1 if METRICS[name].scale >= 100 else 3}f}"

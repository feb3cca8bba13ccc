"""The report on a pull request, in Markdown, in which nothing of a submission is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator

from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.text import counted, escape_unprintable

from ..board_entry import Entry
from .review import Review

__all__ = ["plain_markdown", "review_report"]

_METRICS = ("v", "l", "j", "f1")
_MOST_ITEMS = 50
_MOST_CHARACTERS = 500
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+.!|~:-])")
_JOINER = "\u2060"
"""An invisible character that keeps GitHub from reading @name, #1 and www.… as links."""


def review_report(review: Review) -> str:
    """Return a review as Markdown."""
    verdict = "can be accepted" if review.accepted else "can't be accepted"
    parts = [f"### This pull request {verdict}", *_summary(review)]
    if review.problems:
        parts.append("\n".join(_items(review.problems)))
    if review.entries:
        parts.append("\n".join(_table(review.entries)))
    notes = [f"{entry.name}: {note}" for entry in review.entries for note in entry.notes]
    if notes:
        parts += ["Notes for the maintainer:", "\n".join(_items(notes))]
    return "\n\n".join(parts) + "\n"


def plain_markdown(text: str) -> str:
    """Return a text as Markdown that shows just the text: no markup, links, mentions or images."""
    shown = escape_unprintable(" ".join(text.split()), most=_MOST_CHARACTERS)
    shown = _SPECIAL.sub(r"\\\1", shown.replace("&", "&amp;"))
    shown = re.sub(r"([@#])(?=\w)", rf"\1{_JOINER}", shown)
    return re.sub(r"(?i)(https?\\:|www\\\.|mailto\\:)", rf"\1{_JOINER}", shown)


def _summary(review: Review) -> Iterator[str]:
    new = [plain_markdown(entry.name) for entry in review.entries]
    if new:
        yield f"New: {', '.join(new[:_MOST_ITEMS])}."
    if review.compared and review.earlier:
        yield (
            f"The scores of {counted(review.earlier, 'earlier submission')} were computed again "
            "and compared."
        )
    for name in review.left_out:
        yield f"{metric_title(name)} of earlier submissions was not computed again: no judge."


def _items(sentences: tuple[str, ...] | list[str]) -> Iterator[str]:
    for sentence in sentences[:_MOST_ITEMS]:
        yield f"- {plain_markdown(sentence)}"
    if len(sentences) > _MOST_ITEMS:
        yield f"- And {len(sentences) - _MOST_ITEMS:,} more."


def _table(entries: tuple[Entry, ...]) -> Iterator[str]:
    titles = " | ".join(metric_title(name) for name in _METRICS)
    yield f"| submission | state | {titles} |"
    yield "| --- | --- |" + " ---: |" * len(_METRICS)
    for entry in entries[:_MOST_ITEMS]:
        cells = [plain_markdown(entry.name), entry.state]
        cells += [_cell(entry, name) for name in _METRICS]
        yield f"| {' | '.join(cells)} |"


def _cell(entry: Entry, metric: str) -> str:
    scores = entry.scores["metrics"].get(metric) if entry.scores else None
    overall = scores["overall"] if scores else None
    if not overall or overall["value"] is None:
        return "–"
    digits = 1 if METRICS[metric].scale >= 100 else 3
    shown = f"{overall['value']:.{digits}f}"
    interval = overall["interval"]
    if interval is None:
        return shown
    return f"{shown} ({interval['low']:.{digits}f} to {interval['high']:.{digits}f})"

"""The report on verified entries for people, as Markdown that a comment can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.text import counted

from ..board import Board
from ..board_entry import CheckState, Entry
from ..markdown import literal, sentence
from ..ranking.rank_texts import TABLE_TITLES
from ..results import BOARD_METRICS

__all__ = ["MOST_CHARACTERS", "verification_report"]

MOST_CHARACTERS = 60_000
"""The longest report; a comment on GitHub may have 65,536 characters."""

_MOST_EVENTS = 10
"""How many events of an entry are shown."""

_MOST_OF_A_REASON = 2000
"""How many characters of an event's reason are shown: all, as in the schema of histories."""

_MARKS: dict[CheckState, str] = {
    "passed": "✅ passed",
    "flagged": "⚠️ flagged",
    "failed": "❌ failed",
    "not_done": "➖ not done",
}


def verification_report(board: Board, *, most: int = MOST_CHARACTERS) -> str:
    """Return what verifying a board's entries found, in Markdown of at most `most` characters.

    Nothing from a submission is markup: no mention, link, image or HTML. Rejected entries come
    first, and entries that don't fit are counted.
    """
    entries = sorted(board, key=lambda entry: entry.state != "rejected")
    rejected = sum(entry.state == "rejected" for entry in entries)
    head = (
        f"## {counted(len(entries), 'submission')} verified: {len(entries) - rejected} accepted, "
        f"{rejected} rejected\n\n"
        f"Benchmark {literal(board.dataset)}, revision {literal(board.revision[:12])}. Scores were "
        "computed from the answers. A flag is a note for the maintainer.\n"
    )
    return head + "".join(_fitting(entries, most - len(head)))


def _fitting(entries: Sequence[Entry], room: int) -> Iterator[str]:
    """Yield the parts about entries that fit, and how many are left out."""
    room -= 200  # For the last line.
    for number, entry in enumerate(entries):
        part = "\n".join(_entry_lines(entry)) + "\n"
        if len(part) > room:
            yield f"\nAnd {counted(len(entries) - number, 'submission')} more: see board.json.\n"
            return
        room -= len(part)
        yield part


def _entry_lines(entry: Entry) -> Iterator[str]:
    state = "rejected" if entry.state == "rejected" else "accepted"
    standing = "" if entry.standing == "current" else f", {entry.standing}"
    yield f"\n### {literal(entry.name)}: {state}{standing}\n"
    if entry.state != "rejected":
        where = (
            f"Ranked on {TABLE_TITLES[entry.table]}."
            if entry.table and not entry.unranked
            else f"Not ranked. {sentence(entry.unranked or '')}"
        )
        yield f"{where} Badge: {entry.badge}.\n"
        yield from _score_lines(entry)
    yield from _history_lines(entry)
    yield "| check | result | what it found |\n| --- | --- | --- |"
    order = ("failed", "flagged", "not_done", "passed")
    for check in sorted(entry.checks, key=lambda each: order.index(each.state)):
        found = sentence(check.text) if check.text else ""
        yield f"| {check.name} | {_MARKS[check.state]} | {found} |"
    if entry.state == "rejected":
        yield ""
        yield from (f"- {sentence(problem)}" for problem in entry.problems)


def _history_lines(entry: Entry) -> Iterator[str]:
    """Yield the last events, the newest at the end, whose texts are never markup."""
    earlier = len(entry.history) - _MOST_EVENTS
    if entry.history:
        yield "What happened to it:\n"
    if earlier > 0:
        yield f"- {counted(earlier, 'earlier event')}: see its history."
    for event in entry.history[-_MOST_EVENTS:]:
        by = f" by {literal(event['by'])}" if event["by"] else ""
        yield (
            f"- {event['event']}{by} on {literal(event['date'])}, says {literal(event['who'])}: "
            f"{sentence(event['why'], most=_MOST_OF_A_REASON)}"
        )
    if entry.history:
        yield ""


def _score_lines(entry: Entry) -> Iterator[str]:
    assert entry.scores is not None
    yield "| metric | value | interval | questions |\n| --- | ---: | --- | ---: |"
    for name in BOARD_METRICS:
        metric = entry.scores["metrics"].get(name)
        if metric is None or metric["overall"]["value"] is None:
            continue
        digits = 1 if METRICS[name].scale >= 100 else 3
        overall, span = metric["overall"], metric["overall"]["interval"]
        ends = f"{span['low']:.{digits}f} … {span['high']:.{digits}f}" if span else "–"
        sampled = f" of {metric['sampled_of']:,}" if metric.get("sampled_of") else ""
        yield (
            f"| {metric_title(name)} | {overall['value']:.{digits}f} | {ends} | "
            f"{overall['n']:,}{sampled} |"
        )
    yield ""

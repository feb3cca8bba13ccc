"""Checks the isolation of conversations, and what they leave behind."""

from __future__ import annotations

from .fixtures import FACTS, OTHER_FACT
from .ingest_checks import unread
from .observations import Observations
from .result import CheckResult, failed, passed, skipped, warned

__all__ = ["closes", "isolation"]

_OWN_FOLDER = "Keep everything in the conversation's workdir, and nothing in module globals."


def isolation(seen: Observations) -> CheckResult:
    """Check that two open conversations don't share memories."""
    id, title = "isolation", "conversations don't know of each other"
    if seen.second is not None and seen.second.call in ("start", "open"):
        return failed(
            id,
            title,
            f"a second conversation can't be opened while the first is: {seen.second}",
            "Use the workdir, a free port, and names that no other conversation has.",
        )
    reason = unread(seen)
    if reason is None and seen.second is not None:
        reason = "the second conversation could not be read"
    mine, other = seen.other_in_first, seen.first_in_second
    if reason is not None or mine is None or other is None:
        return skipped(id, title, reason or "nothing was asked")
    for reply, word in ((mine, OTHER_FACT.word), (other, FACTS[0].word)):
        if reply.knows(word):
            return failed(
                id,
                title,
                f"one conversation knows “{word}”, which was said only in another",
                _OWN_FOLDER,
            )
    if seen.strays:
        return failed(
            id, title, f"written outside the workdir: {', '.join(seen.strays[:3])}", _OWN_FOLDER
        )
    if seen.changed_here:
        return warned(
            id,
            title,
            f"changed in the working directory: {', '.join(seen.changed_here[:3])}",
            "Write to the workdir that open() gets.",
        )
    if mine.failure or other.failure:
        return skipped(id, title, "a question got no answer (see the check of answers)")
    return passed(id, title)


def closes(seen: Observations) -> CheckResult:
    """Check that close() returns, and that no process that the system started outlives it."""
    id, title = "close", "close() leaves nothing running"
    if seen.closing is not None:
        return failed(id, title, str(seen.closing), "Make close() return without an error.")
    if seen.left:
        return failed(
            id,
            title,
            f"still running: {'; '.join(sorted(set(seen.left))[:3])}",
            "Stop the processes and servers that the system started, and wait until they end.",
        )
    if not seen.with_images:
        return skipped(id, title, "the system does not open")
    return passed(
        id, title, "" if seen.left is not None else "processes can't be watched where it runs"
    )

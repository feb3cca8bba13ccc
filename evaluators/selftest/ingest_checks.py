"""Checks of opening a conversation, reading it, and waiting for background work."""

from __future__ import annotations

from .observations import DOES_NOT_OPEN, OPENING, Observations
from .result import CheckResult, failed, passed, skipped

__all__ = ["flush", "opens", "sessions", "unread"]


def unread(seen: Observations) -> str | None:
    """Return why the first conversation can't be asked; None if it can."""
    if seen.does_not_open:
        return DOES_NOT_OPEN
    if seen.first is not None:
        return "the conversation could not be read"
    return None


def opens(seen: Observations) -> CheckResult:
    """Check that the class can be called without arguments, and that open() returns."""
    id, title = "opens", "it loads and opens"
    for failure in (seen.awkward, seen.first):
        if failure is not None and failure.call in OPENING:
            return failed(
                id,
                title,
                str(failure),
                "Make __init__ callable without arguments, and have open() only prepare what the "
                "conversation needs, in its workdir.",
            )
    return passed(id, title)


def sessions(seen: Observations) -> CheckResult:
    """Check that add() accepts empty turns, long turns, and all of Unicode."""
    id, title = "sessions", "it reads sessions as people write them"
    if seen.does_not_open:
        return skipped(id, title, DOES_NOT_OPEN)
    for name, failure in (
        ("with empty, long, and multilingual turns", seen.awkward),
        ("with three facts", seen.first),
        ("of another conversation", seen.second),
    ):
        if failure is not None and failure.call == "add":
            return failed(
                id,
                title,
                f"a session {name}: {failure}",
                "Make add() accept every turn: an empty text, a text of 15,000 characters, any "
                "script, quotes, and line breaks.",
            )
    return passed(id, title)


def flush(seen: Observations) -> CheckResult:
    """Check that flush() returns with everything found, and that nothing changes afterwards."""
    id, title = "flush", "flush() waits for background work"
    failure = _flush_failure(seen)
    if failure is not None:
        return failed(
            id, title, failure, "Have flush() return only when all background work is done."
        )
    reason = unread(seen)
    if reason is not None:
        return skipped(id, title, reason)
    if seen.changed_after_flush:
        return failed(
            id,
            title,
            f"written after flush() had returned: {_shortened_list(seen.changed_after_flush)}",
            "Have flush() join the threads, queues, and tasks that write.",
        )
    pairs = zip(seen.script.facts, seen.at_once, seen.later, strict=True)
    known = [(fact, now.knows(fact.word), later.knows(fact.word)) for fact, now, later in pairs]
    late = [fact.word for fact, now, later in known if later and not now]
    if late:
        return failed(
            id,
            title,
            f"missing when flush() returned, but found a moment later: {', '.join(late)}",
            "Have flush() return only when everything that was read can be found.",
        )
    gone = [fact.word for fact, now, later in known if now and not later]
    if gone:
        return failed(
            id,
            title,
            f"found when flush() returned, but missing a moment later: {', '.join(gone)}",
            "Keep everything while a conversation is open; nothing may expire.",
        )
    return passed(id, title)


def _flush_failure(seen: Observations) -> str | None:
    for failure in (seen.awkward, seen.first, seen.second):
        if failure is not None and failure.call == "flush":
            return str(failure)
    return None


def _shortened_list(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more

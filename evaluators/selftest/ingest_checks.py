"""Points about opening a conversation, reading it, and waiting for background work."""

from __future__ import annotations

from .fixtures import FACTS
from .observations import Observations
from .result import CheckResult, failed, passed, skipped

__all__ = ["flush", "opens", "sessions", "unread"]

_OPENING = ("start", "open")


def unread(evidence: Observations) -> str | None:
    """Return why there is nothing to ask the first conversation; None where there is."""
    if evidence.awkward is not None and evidence.awkward.call in _OPENING:
        return "the system does not open"
    if evidence.first is not None:
        return "the conversation could not be read"
    return None


def opens(evidence: Observations) -> CheckResult:
    """The class is made without arguments, and open() returns."""
    id, title = "opens", "it loads and opens"
    for broken in (evidence.awkward, evidence.first):
        if broken is not None and broken.call in _OPENING:
            return failed(
                id,
                title,
                str(broken),
                "Let the class be made without arguments, and open() only prepare what the "
                "conversation needs, in its workdir.",
            )
    return passed(id, title)


def sessions(evidence: Observations) -> CheckResult:
    """add() takes turns without words, long ones, and all of Unicode."""
    id, title = "sessions", "it reads sessions as people write them"
    if evidence.awkward is not None and evidence.awkward.call in _OPENING:
        return skipped(id, title, "the system does not open")
    for name, broken in (
        ("with empty, long and multilingual turns", evidence.awkward),
        ("with three facts", evidence.first),
        ("of another conversation", evidence.second),
    ):
        if broken is not None and broken.call == "add":
            return failed(
                id,
                title,
                f"a session {name}: {broken}",
                "Let add() take every turn: an empty text, a text of 15,000 characters, any "
                "script, quotes and line breaks.",
            )
    return passed(id, title)


def flush(evidence: Observations) -> CheckResult:
    """What was read is there when flush() returns, stays, and nothing is written afterwards."""
    id, title = "flush", "flush() waits for background work"
    broken = _flushing(evidence)
    if broken is not None:
        return failed(id, title, broken, "Let flush() return when all background work is done.")
    reason = unread(evidence)
    if reason is not None:
        return skipped(id, title, reason)
    if evidence.changed_after_flush:
        return failed(
            id,
            title,
            f"written after flush() had returned: {_listed(evidence.changed_after_flush)}",
            "Let flush() join the threads, queues and tasks that write.",
        )
    pairs = zip(FACTS, evidence.at_once, evidence.later, strict=True)
    known = [(fact, now.knows(fact.word), later.knows(fact.word)) for fact, now, later in pairs]
    late = [fact.word for fact, now, later in known if later and not now]
    if late:
        return failed(
            id,
            title,
            f"not there when flush() returned, but a moment later: {', '.join(late)}",
            "Let flush() return only when everything that was read can be found.",
        )
    gone = [fact.word for fact, now, later in known if now and not later]
    if gone:
        return failed(
            id,
            title,
            f"there when flush() returned, but gone a moment later: {', '.join(gone)}",
            "Let nothing expire or be tidied up while a conversation is open.",
        )
    return passed(id, title)


def _flushing(evidence: Observations) -> str | None:
    for broken in (evidence.awkward, evidence.first, evidence.second):
        if broken is not None and broken.call == "flush":
            return str(broken)
    return None


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more

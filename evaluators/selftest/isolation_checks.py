"""Points about other conversations, and about what is left behind."""

from __future__ import annotations

from .fixtures import FACTS, OTHER_FACT
from .ingest_checks import unread
from .observations import Observations
from .result import CheckResult, failed, passed, skipped, warned

__all__ = ["closes", "isolation"]

_OWN_FOLDER = "Keep everything in the workdir of the conversation, and nothing in module globals."


def isolation(evidence: Observations) -> CheckResult:
    """Two conversations that are open at once know nothing of each other."""
    id, title = "isolation", "conversations know nothing of each other"
    if evidence.second is not None and evidence.second.call in ("start", "open"):
        return failed(
            id,
            title,
            f"a second conversation can't be opened beside the first: {evidence.second}",
            "Use the workdir, a free port and names of the conversation's own.",
        )
    reason = unread(evidence)
    if reason is None and evidence.second is not None:
        reason = "the second conversation could not be read"
    mine, other = evidence.other_in_first, evidence.first_in_second
    if reason is not None or mine is None or other is None:
        return skipped(id, title, reason or "nothing was asked")
    for reply, word in ((mine, OTHER_FACT.word), (other, FACTS[0].word)):
        if reply.knows(word):
            return failed(
                id, title, f"one conversation knows “{word}”, which another was told", _OWN_FOLDER
            )
    if evidence.strays:
        return failed(
            id, title, f"written outside the workdir: {', '.join(evidence.strays[:3])}", _OWN_FOLDER
        )
    if evidence.changed_here:
        return warned(
            id,
            title,
            f"changed in the working directory: {', '.join(evidence.changed_here[:3])}",
            "Write to the workdir that open() is given.",
        )
    if mine.failure or other.failure:
        return skipped(id, title, "a question got no answer (see the point about answers)")
    return passed(id, title)


def closes(evidence: Observations) -> CheckResult:
    """close() returns, and no process that the system started outlives it."""
    id, title = "close", "close() leaves nothing running"
    if evidence.closing is not None:
        return failed(id, title, str(evidence.closing), "Let close() let go without an error.")
    if evidence.left:
        return failed(
            id,
            title,
            f"still running: {'; '.join(sorted(set(evidence.left))[:3])}",
            "End the processes and servers that the system started, and wait for their end.",
        )
    if not evidence.pictured:
        return skipped(id, title, "the system does not open")
    return passed(id, title, "" if evidence.left is not None else "processes can't be seen here")

"""Checks the isolation of conversations, and what they leave behind."""

from __future__ import annotations

from pathlib import Path

from .ingest_checks import unread
from .observations import DOES_NOT_OPEN, Observations
from .result import CheckResult, failed, passed, skipped, warned

__all__ = ["closes", "isolation", "second_run"]

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
    for reply, word in ((mine, seen.script.other_fact.word), (other, seen.script.facts[0].word)):
        if reply.knows(word):
            return failed(
                id,
                title,
                f"one conversation knows “{word}”, which was said only in another",
                _OWN_FOLDER,
            )
    if written := _written_outside(seen, id, title):
        return written
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


def _written_outside(seen: Observations, id: str, title: str) -> CheckResult | None:
    """Return the result for files outside the work folders; None if there are none."""
    strays = ", ".join(seen.strays[:3])
    if strays:
        return failed(id, title, f"written outside the workdir: {strays}", _OWN_FOLDER)
    if at_home := next((trace for trace in seen.at_home if trace.found), None):
        place = Path("~", at_home.path.relative_to(seen.home))
        return failed(id, title, f"“{at_home.found}” was written to {place}", _OWN_FOLDER)
    # A server's log in the home folder may have the words, but not a conversation's name.
    found = sorted(seen.in_users_folders, key=lambda trace: trace.found != seen.script.name)
    if not found:
        return None
    detail = f"“{found[0].found}” was written to {found[0].path}"
    if found[0].found == seen.script.name:
        return failed(id, title, detail, _OWN_FOLDER)
    return warned(id, title, detail, f"{_OWN_FOLDER} The log of a model server is harmless.")


def second_run(seen: Observations) -> CheckResult:
    """Check that a conversation that is run again is read again, and nothing is left of before."""
    id, title = "second-run", "a second run reads everything again, and knows nothing of the first"
    reason = unread(seen) or _not_comparable(seen)
    if reason is not None or not (seen.repeated or seen.repeated_new):
        return skipped(id, title, reason or "nothing was asked")
    if seen.repeated is not None:
        return failed(id, title, f"the second time: {seen.repeated}", _OWN_FOLDER)
    for fact, reply in zip(seen.script.facts, seen.repeated_old, strict=True):
        if reply.knows(fact.word):
            return failed(
                id,
                title,
                f"another conversation with the same name knows “{fact.word}”, which was said only "
                "in the first",
                _OWN_FOLDER,
            )
    pairs = zip(seen.script.later_facts, seen.repeated_new, strict=True)
    deaf = [fact.word for fact, reply in pairs if not reply.knows(fact.word)]
    if deaf:
        return failed(
            id,
            title,
            f"the second time it does not know {', '.join(f'“{word}”' for word in deaf)}, which "
            "was said",
            "Have add() read every conversation, even one whose name is known.",
        )
    return passed(id, title)


def _not_comparable(seen: Observations) -> str | None:
    """Return why a second run of a conversation would say nothing new; None if it would."""
    mine, other = seen.other_in_first, seen.first_in_second
    if (
        mine
        and other
        and (mine.knows(seen.script.other_fact.word) or other.knows(seen.script.facts[0].word))
    ):
        return "conversations know of each other (see there)"
    for replies in (seen.at_once, seen.later):
        if not all(r.knows(f.word) for f, r in zip(seen.script.facts, replies, strict=True)):
            return "it does not know all facts the first time either"
    return None


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
        return skipped(id, title, DOES_NOT_OPEN)
    return passed(
        id, title, "" if seen.left is not None else "processes can't be watched where it runs"
    )

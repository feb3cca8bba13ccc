"""Compares accepted entries: look-alike names, the same answers, and what superseded them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from locomo_vqa.files import some
from locomo_vqa.text import counted

from ..board_entry import Entry
from ..entry_files.look_alikes import appearance
from ..entry_files.names import quoted
from .checks.copies import copy_notes
from .entry import VerifiedEntry

__all__ = ["check_between"]


def check_between(verified: Sequence[VerifiedEntry]) -> None:
    """Add to each accepted entry's checks what comparing it with the others shows."""
    accepted = [each for each in verified if each.answers is not None]
    entries = {each.entry.name: each.entry for each in verified}
    for each in accepted:
        each.checks.flagged("history", *_successor_notes(each.entry, entries))
    answers = {each.entry.name: each.answers for each in accepted if each.answers is not None}
    looks: dict[str, list[Entry]] = {}
    for each in accepted:
        looks.setdefault(appearance(_system(each.entry)), []).append(each.entry)
    for each in accepted:
        alike = looks[appearance(_system(each.entry))]
        each.checks.flagged("names", *_look_alike_notes(each.entry, alike))
    checks = {each.entry.name: each.checks for each in accepted}
    for name, note in copy_notes(answers):
        checks[name].flagged("copies", note)
    others = counted(len(accepted) - 1, "other submission")
    for each in accepted:
        telling = counted(len(answers[each.entry.name].telling), "answer")
        each.checks.passed(
            "copies", f"Compared with {others} by {telling} that tell systems apart."
        )


def _successor_notes(entry: Entry, entries: Mapping[str, Entry]) -> Iterator[str]:
    """Yield a note if what an entry was superseded by doesn't count either."""
    for event in entry.history:
        by = entries.get(event["by"] or "")
        if by is None or event["event"] != "superseded":
            continue
        if by.state == "rejected":
            yield f"Was superseded by {by.name}, which is rejected, so that neither has a rank."
        elif by.standing == "withdrawn":
            yield f"Was superseded by {by.name}, which was withdrawn, so that neither has a rank."


def _look_alike_notes(entry: Entry, alike: Sequence[Entry]) -> Iterator[str]:
    """Yield notes about entries whose system's name looks like an entry's, or is the same."""
    system = _system(entry)
    others = [other for other in alike if _system(other) != system]
    if others:
        names = some([f"{quoted(_system(other))} ({other.name})" for other in others])
        yield f"The name {quoted(system)} looks like {names}."
    owners = [
        other.name
        for other in alike
        if _system(other) == system and _contact(other) != _contact(entry)
    ]
    if owners:
        yield f"Has the same name as {some(owners)}, with another contact."


def _system(entry: Entry) -> str:
    assert entry.metadata is not None
    name: str = entry.metadata["system"]["name"]
    return name


def _contact(entry: Entry) -> str | None:
    assert entry.metadata is not None
    contact: str | None = entry.metadata["contact"]
    return contact

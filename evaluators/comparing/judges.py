"""Compares who gave the verdicts behind reported J."""

from __future__ import annotations

from .sides import Side

__all__ = ["judge_of", "judges_differ", "note_on_judges"]


def judge_of(side: Side) -> str | None:
    """Return the judge that a side's file names; None if it names none."""
    judge: str | None = (side.document.get("reported") or {}).get("judge")
    return judge


def judges_differ(first: Side, second: Side) -> str | None:
    """Return why two sides' verdicts can't be compared if their judges differ, or None."""
    one, two = judge_of(first), judge_of(second)
    if one is None or two is None or one == two:
        return None
    return f"{first.name} was judged by {one}, {second.name} by {two}."


def note_on_judges(first: Side, second: Side) -> str | None:
    """Return a note if it is not known that two sides had the same judge."""
    unknown = [side.name for side in (first, second) if judge_of(side) is None]
    if not unknown:
        return None
    names = " and ".join(unknown)
    return f"Who judged {names} is unknown: the difference in reported J may be one between judges."

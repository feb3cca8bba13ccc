"""The facts that people in the sample state: what extraction should find."""

from __future__ import annotations

from .threads import Thread

__all__ = ["changed_fact", "fact_of", "time_phrase"]


def fact_of(thread: Thread, turn: int, names: tuple[str, str]) -> str:
    """Return the fact that a turn of a story states; `names` are the two speakers'."""
    date = thread.dates.get(f"date{turn}")
    return thread.story.turns[turn].fact.format(
        **thread.values,
        me=names[thread.owner],
        you=names[1 - thread.owner],
        on="" if date is None else time_phrase(date),
    )


def changed_fact(old: str, new: str) -> str:
    """Return a memory after a change: the new fact, and the old one."""
    return f"{new} Before: {old}"


def time_phrase(date: str | int) -> str:
    """Return a date as a fact states it: "on 2 May 2023", "in May 2023", "in 2019"."""
    text = str(date)
    if text.startswith("The week before "):
        return f"in the week before {text.removeprefix('The week before ')}"
    return f"on {text}" if text[0].isdigit() and " " in text else f"in {text}"

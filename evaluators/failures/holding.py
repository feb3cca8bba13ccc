"""Which of some texts hold what is needed: the memories, facts or passages that decide a cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .content import found_terms, terms_of
from .needs import Need

__all__ = ["Entry", "holders"]

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """A text that a system stored or retrieved."""

    name: str
    """The memory's id; empty if it has none."""
    text: str
    turns: frozenset[str]
    """The turns that it comes from; empty if unknown."""


def holders(need: Need, entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that hold what is needed, alone or together; nothing if none do.

    A text that comes from the evidence has to say it, and not about the other speaker; dates and
    numbers alone need a word of the question beside them. A text from a turn beside the evidence
    needs such a word too. One from elsewhere has to name the person and half of the question's
    words. What is inferred from the evidence can only come from the evidence.
    """
    fitting = [entry for entry in entries if need.is_about(entry.text)]
    alone = [entry for entry in fitting if _holds(need, entry)]
    if alone:
        return alone
    direct = [entry for entry in fitting if entry.turns & frozenset(need.turns)]
    texts = [entry.text for entry in direct]
    if not direct or need.missing_in(texts) or not _fits(need, " ".join(texts)):
        return []
    return [entry for entry in direct if _says_part(need, entry)] or direct


def _holds(need: Need, entry: Entry) -> bool:
    if not need.is_in(entry.text):
        return False
    if entry.turns & frozenset(need.turns):
        return _fits(need, entry.text)
    if need.inferred:
        return False
    if entry.turns & frozenset(_beside(need.turns)):
        return need.on_topic(entry.text, at_least=0.0)
    named = not need.about.people or bool(need.about.people & terms_of(entry.text))
    return named and need.on_topic(entry.text, at_least=_HALF)


def _fits(need: Need, text: str) -> bool:
    """Return whether a text from the evidence is about the question's topic, where this matters."""
    return bool(need.terms or not need.about.topic or need.on_topic(text, at_least=0.0))


def _says_part(need: Need, entry: Entry) -> bool:
    terms = terms_of(entry.text)
    return bool(found_terms(need.terms, terms) or need.numbers & terms or need.spans)


def _beside(turns: Sequence[str]) -> list[str]:
    """Return the ids of the turns before and after some turns."""
    found = []
    for turn in turns:
        session, _, number = turn.partition(":")
        if number.isdecimal():
            found += [f"{session}:{int(number) + step}" for step in (-1, 1)]
    return found

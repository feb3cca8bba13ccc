"""What a story is: exchanges with slots, and questions about them.

In every text `{me}` is the one whose story it is and `{you}` the friend; other slots are drawn
from `tables`, and `{when0}`, `{date0}` are the time told in the first exchange and its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Ask", "Beat", "Story"]


@dataclass(frozen=True, slots=True)
class Beat:
    """One exchange within a session."""

    variants: tuple[tuple[str, ...], ...]
    """Wordings, each the lines of teller and friend in turn.

    The line that begins with "!" holds every fact of the exchange.
    """
    when: str | None = None
    """The kind of time that is told, a key of `relative.TIMES`."""
    told_by_friend: bool = False
    """Whether the friend is the one who tells."""
    picture: str | None = None
    """The kind of things in the picture that is shared with the fact."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about a story."""

    category: int
    """LoCoMo's category: 1 multi-hop, 2 temporal, 3 open-domain, 4 single-hop."""
    question: str
    """With slots; `{who}` is the person asked about."""
    answer: str
    """With slots."""
    beats: tuple[int, ...] = (0,)
    """The exchanges that hold the answer."""
    swap: bool = False
    """Whether the same question about the friend has no answer."""
    twist: str | None = None
    """A question about something that was never said, which this answer seems to fit."""


@dataclass(frozen=True, slots=True)
class Story:
    """A thread of someone's life."""

    topic: str
    """Its name; nobody has two stories of one topic."""
    beats: tuple[Beat, ...]
    """In order of time, each in a later session than the one before."""
    asks: tuple[Ask, ...]
    """Questions about it."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Slots to draw, and the table of each."""
    early: bool = False
    """Whether the first exchange belongs in the first sessions."""

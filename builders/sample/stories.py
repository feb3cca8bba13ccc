"""The types of a story: turns with slots, and questions about them.

In every text `{me}` is the person whose story it is and `{you}` the friend. Other slots are drawn
from `tables`. `{when0}` is the time as the first turn says it and `{date0}` the date it means.
`{look}` and `{admire}` are phrases that share an image and react to one, and `{company_start}` is
`{company}` at the beginning of a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Story", "StoryQuestion", "StoryTurn"]


@dataclass(frozen=True, slots=True)
class StoryTurn:
    """One exchange of a story, within a session."""

    wordings: tuple[tuple[str, ...], ...]
    """Alternatives; each has the lines of the two speakers, in turn.

    The line that begins with "!" holds every fact of the exchange.
    """
    fact: str
    """The fact to remember; `{on}` is the date of the time that is mentioned."""
    updates: int | None = None
    """The index of the earlier turn whose fact this one changes."""
    when: str | None = None
    """The kind of time that is mentioned, a key of `times.TIMES`."""
    told_by_friend: bool = False
    """Whether the friend, not the owner of the story, brings it up."""
    image_kind: str | None = None
    """The kind of things in the image that is shared with the fact."""


@dataclass(frozen=True, slots=True)
class StoryQuestion:
    """A question about a story."""

    category: int
    """LoCoMo's category: 1 multi-hop, 2 temporal, 3 open-domain, 4 single-hop."""
    question: str
    """With slots; `{who}` is the person asked about."""
    answer: str
    """The answer, with slots for facts."""
    told_in: tuple[int, ...] = (0,)
    """Numbers of the turns that hold the answer."""
    adversarial_swap: bool = False
    """Whether the same question about the friend has no answer, and so is adversarial."""
    adversarial_question: str | None = None
    """A question about something that was never said, although this answer seems to fit."""


@dataclass(frozen=True, slots=True)
class Story:
    """Something that happens to a person over the course of a conversation."""

    topic: str
    """Its name; no person has two stories with the same topic."""
    turns: tuple[StoryTurn, ...]
    """In order of time, each in a later session than the one before."""
    questions: tuple[StoryQuestion, ...]
    """Questions about it."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Slots to draw, with the table that each is drawn from."""
    early: bool = False
    """Whether the first turn belongs in the first sessions."""

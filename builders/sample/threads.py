"""Assigns stories to speakers, and their turns to sessions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from .stories import Story
from .story_files import CHANGED_DAILY_LIFE, DAILY_LIFE, ONE_SIDED_STORIES, OUTINGS
from .tables import TABLES, SlotValue
from .times import TIMES

__all__ = ["Deck", "Thread", "draw_session_times", "draw_threads"]

_Card = TypeVar("_Card")


class Deck(Generic[_Card]):
    """Deals from a list without repeats, and starts over once it is used up."""

    def __init__(self, rng: random.Random, cards: Sequence[_Card]) -> None:
        self._cards = self._draw_endlessly(rng, cards)

    @staticmethod
    def _draw_endlessly(rng: random.Random, cards: Sequence[_Card]) -> Iterator[_Card]:
        while True:
            yield from rng.sample(cards, len(cards))

    def deal(self) -> _Card:
        """Return the next card."""
        return next(self._cards)


@dataclass(slots=True)
class Thread:
    """A story as it happens to one of the two speakers."""

    story: Story
    owner: int
    """0 or 1, the speaker whose story it is."""
    values: dict[str, SlotValue] = field(default_factory=dict)
    """The values of the story's slots."""
    sessions: tuple[int, ...] = ()
    """The session of each turn, from 0."""
    dates: dict[str, str | int] = field(default_factory=dict)
    """`date0` and so on: the meaning of the times that the turns mention."""

    def teller(self, turn: int) -> int:
        """Return the speaker who brings up a turn."""
        return 1 - self.owner if self.story.turns[turn].told_by_friend else self.owner


def draw_session_times(rng: random.Random) -> list[datetime]:
    """Return the times of five or six sessions within four to seven months."""
    count = rng.choice((5, 6))
    span = rng.randint(125, 205)
    spare = span - 12 * (count - 1)
    cuts = [0, *sorted(rng.randint(0, spare) for _ in range(count - 2)), spare]
    start = datetime(2022, 1, 3) + timedelta(days=rng.randrange(600))
    return [
        start + timedelta(days=cut + 12 * i, minutes=rng.randint(9 * 60, 21 * 60))
        for i, cut in enumerate(cuts)
    ]


def draw_threads(rng: random.Random, days: Sequence[date]) -> list[Thread]:
    """Return the stories of both speakers with their slots filled and their sessions set."""
    threads = _choose(rng, len(days))
    decks = {name: Deck(rng, table) for name, table in TABLES.items()}
    _schedule(rng, threads, len(days))
    for thread in threads:
        for slot, table in thread.story.slots.items():
            thread.values[slot] = decks[table].deal()
        for number, turn in enumerate(thread.story.turns):
            if turn.when:
                time = TIMES[turn.when](rng, days[thread.sessions[number]])
                thread.values[f"when{number}"] = time.phrase
                thread.dates[f"date{number}"] = time.meaning
    return threads


def _choose(rng: random.Random, sessions: int) -> list[Thread]:
    """Return both speakers' daily life, with three changes, and the one-sided stories."""
    changed = rng.sample(CHANGED_DAILY_LIFE, 3)
    changes: Mapping[tuple[str, int], Story] = {
        (story.topic, rng.randrange(2)): story for story in changed
    }
    threads = [
        Thread(changes.get((story.topic, owner), story), owner)
        for story in DAILY_LIFE
        for owner in (0, 1)
    ]
    outings = rng.sample(OUTINGS, rng.randint(sessions, sessions + 1))
    for i, story in enumerate([*rng.sample(ONE_SIDED_STORIES, sessions - 3), *outings]):
        threads.append(Thread(story, i % 2))
    return threads


def _schedule(rng: random.Random, threads: Sequence[Thread], sessions: int) -> None:
    """Set each turn's session to the allowed one with the fewest turns.

    A speaker shares at most one image per session, so that speaker and day identify an image.
    """
    load = [0] * sessions
    with_image: set[tuple[int, int]] = set()

    def least(allowed: Sequence[int]) -> int:
        session = min(allowed, key=lambda each: (load[each], rng.random()))
        load[session] += 1
        return session

    half = sessions // 2
    for thread in sorted(threads, key=lambda each: (not each.story.early, -len(each.story.turns))):
        if len(thread.story.turns) == 2:
            first = least(range(2) if thread.story.early else range(half))
            thread.sessions = (first, least(range(max(half, 2), sessions)))
        elif thread.story.turns[0].image_kind:
            free = [i for i in range(sessions) if (i, thread.owner) not in with_image]
            thread.sessions = (least(free),)
            with_image.add((thread.sessions[0], thread.owner))
        else:
            thread.sessions = (least(range(2) if thread.story.early else range(sessions)),)

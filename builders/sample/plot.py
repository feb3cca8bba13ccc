"""Who has which story, and in which session each exchange of it is told."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from .daily_life import BASE, UPDATES
from .events import EXTRAS
from .outings import PICTURES
from .relative import TIMES
from .stories import Story
from .tables import TABLES, Value

__all__ = ["Deck", "Thread", "draw_threads", "session_times"]

_Card = TypeVar("_Card")


class Deck(Generic[_Card]):
    """Deals from a list without repeats, and starts over when it is used up."""

    def __init__(self, rng: random.Random, cards: Sequence[_Card]) -> None:
        self._cards = self._shuffled(rng, cards)

    @staticmethod
    def _shuffled(rng: random.Random, cards: Sequence[_Card]) -> Iterator[_Card]:
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
    values: dict[str, Value] = field(default_factory=dict)
    """What the story's slots stand for."""
    sessions: tuple[int, ...] = ()
    """The session of each exchange, from 0."""
    answers: dict[str, str | int] = field(default_factory=dict)
    """`date0`, … : what the times that are told mean."""

    def teller(self, beat: int) -> int:
        """Return who tells an exchange."""
        return 1 - self.owner if self.story.beats[beat].told_by_friend else self.owner


def session_times(rng: random.Random) -> list[datetime]:
    """Return the beginnings of five or six sessions within four to seven months."""
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
        for number, beat in enumerate(thread.story.beats):
            if beat.when:
                moment = TIMES[beat.when](rng, days[thread.sessions[number]])
                thread.values[f"when{number}"] = moment.phrase
                thread.answers[f"date{number}"] = moment.answer
    return threads


def _choose(rng: random.Random, sessions: int) -> list[Thread]:
    """Everybody has all base stories, three of them with a change; extras have one owner."""
    changed = rng.sample(UPDATES, 3)
    changes: Mapping[tuple[str, int], Story] = {
        (story.topic, rng.randrange(2)): story for story in changed
    }
    threads = [
        Thread(changes.get((story.topic, owner), story), owner)
        for story in BASE
        for owner in (0, 1)
    ]
    pictures = rng.sample(PICTURES, rng.randint(sessions, sessions + 1))
    for i, story in enumerate([*rng.sample(EXTRAS, sessions - 3), *pictures]):
        threads.append(Thread(story, i % 2))
    return threads


def _schedule(rng: random.Random, threads: Sequence[Thread], sessions: int) -> None:
    """Set the session of every exchange, the least filled one that is allowed.

    A speaker shares at most one picture a session, so that speaker and day name a picture.
    """
    load = [0] * sessions
    pictures: set[tuple[int, int]] = set()

    def least(allowed: Sequence[int]) -> int:
        session = min(allowed, key=lambda each: (load[each], rng.random()))
        load[session] += 1
        return session

    half = sessions // 2
    for thread in sorted(threads, key=lambda each: (not each.story.early, -len(each.story.beats))):
        if len(thread.story.beats) == 2:
            first = least(range(2) if thread.story.early else range(half))
            thread.sessions = (first, least(range(max(half, 2), sessions)))
        elif thread.story.beats[0].picture:
            free = [i for i in range(sessions) if (i, thread.owner) not in pictures]
            thread.sessions = (least(free),)
            pictures.add((thread.sessions[0], thread.owner))
        else:
            thread.sessions = (least(range(2) if thread.story.early else range(sessions)),)

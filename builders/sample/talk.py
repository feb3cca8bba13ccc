"""Writes a session's turns: greetings, stories in some order, small talk and goodbyes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .phrases import PHRASES
from .stories import StoryTurn
from .threads import Deck, Thread, draw_session_times, draw_threads

__all__ = ["MOST_TURNS", "DraftTurn", "Phrasebook", "draw_session", "draw_talk"]

_FEWEST_TURNS, MOST_TURNS = 8, 12
_TRIES = 60


@dataclass(slots=True)
class DraftTurn:
    """A turn before it has an id."""

    speaker: int
    """0 or 1."""
    text: str
    """The words."""
    facts: list[tuple[int, int]] = field(default_factory=list)
    """The (thread, turn) indices of the facts stated here."""
    image_kind: str | None = None
    """The kind of things in the image that is shared."""


class Phrasebook:
    """Deals small talk without repeats, with the names filled in."""

    def __init__(self, rng: random.Random, names: tuple[str, str]) -> None:
        self._decks = {purpose: Deck(rng, texts) for purpose, texts in PHRASES.items()}
        self.names = names
        self.used: Counter[tuple[str, int, int]] = Counter()
        """How many times each wording (topic, turn, number) was used."""

    def say(self, purpose: str, speaker: int) -> str:
        """Return a phrase for a speaker to say to the other."""
        return self._decks[purpose].deal().format(you=self.names[1 - speaker])

    def fill(self, text: str, thread: Thread) -> str:
        """Return a line of a story with every slot filled in."""
        words = dict(thread.values)
        names = {"me": self.names[thread.owner], "you": self.names[1 - thread.owner]}
        if "{look}" in text:
            words["look"] = self._decks["look"].deal()
        if "{admire}" in text:
            words["admire"] = self._decks["admire"].deal().format(**names)
        if "company" in words:
            company = str(words["company"])
            words["company_start"] = company[0].upper() + company[1:]
        return text.format(**words, **names)


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A turn of a story that is due, in one of its wordings."""

    fact: tuple[int, int]
    thread: Thread
    lines: tuple[str, ...]

    @property
    def turn(self) -> StoryTurn:
        return self.thread.story.turns[self.fact[1]]

    @property
    def teller(self) -> int:
        return self.thread.teller(self.fact[1])


def draw_talk(
    rng: random.Random, names: tuple[str, str]
) -> tuple[list[datetime], list[Thread], list[list[DraftTurn]]]:
    """Return the times of a conversation's sessions, its stories, and each session's turns."""
    while True:
        times = draw_session_times(rng)
        threads = draw_threads(rng, [time.date() for time in times])
        phrases = Phrasebook(rng, names)
        drawn = [draw_session(rng, threads, session, phrases) for session in range(len(times))]
        sessions = [turns for turns in drawn if turns is not None]
        if len(sessions) == len(drawn):
            return times, threads, sessions


def draw_session(
    rng: random.Random, threads: Sequence[Thread], session: int, phrases: Phrasebook
) -> list[DraftTurn] | None:
    """Return the turns of a session, or None if no order and wording gives a fitting number."""
    for _ in range(_TRIES):
        used = phrases.used.copy()
        exchanges = [
            _Exchange((number, turn), thread, _choose_wording(rng, thread, turn, used))
            for number, thread in enumerate(threads)
            for turn, told_in in enumerate(thread.sessions)
            if told_in == session
        ]
        rng.shuffle(exchanges)
        opener = rng.randrange(2)
        if _count_turns(exchanges, opener) <= MOST_TURNS:
            phrases.used = used
            return _compose(exchanges, opener, phrases)
    return None


def _choose_wording(
    rng: random.Random, thread: Thread, turn: int, used: Counter[tuple[str, int, int]]
) -> tuple[str, ...]:
    """Return one of a story turn's least-used wordings, and count it."""
    wordings = thread.story.turns[turn].wordings
    topic = thread.story.topic.split("-")[0]
    keys = [(topic, turn, index) for index in range(len(wordings))]
    key = min(keys, key=lambda each: (used[each], rng.random()))
    used[key] += 1
    return wordings[key[2]]


def _count_turns(exchanges: Sequence[_Exchange], opener: int) -> int:
    """Return how many turns there will be, greetings and goodbyes included."""
    turns, last = 2, 1 - opener
    for exchange in exchanges:
        turns += len(exchange.lines) - (last == exchange.teller)
        last = exchange.teller ^ (len(exchange.lines) + 1) % 2
    return turns + 2


def _compose(exchanges: Sequence[_Exchange], opener: int, phrases: Phrasebook) -> list[DraftTurn]:
    news = exchanges[0].teller != opener
    turns = [
        DraftTurn(opener, phrases.say("hello", opener)),
        DraftTurn(1 - opener, phrases.say("fine, and news" if news else "fine", 1 - opener)),
    ]
    before: int | None = None
    for exchange in exchanges:
        _append(turns, exchange, before, phrases)
        before = exchange.teller
    purposes = ["bye", "bye too"]
    while len(turns) + len(purposes) < _FEWEST_TURNS:
        purposes = ["chat", "chat too", *purposes]
    for purpose in purposes:
        speaker = 1 - turns[-1].speaker
        turns.append(DraftTurn(speaker, phrases.say(purpose, speaker)))
    return turns


def _append(
    turns: list[DraftTurn], exchange: _Exchange, before: int | None, phrases: Phrasebook
) -> None:
    """Add an exchange, its first line to the last turn if that has the same speaker."""
    speaker = exchange.teller
    for number, line in enumerate(exchange.lines):
        text = phrases.fill(line.removeprefix("!"), exchange.thread)
        if number == 0 and before is not None and not line.endswith("?"):
            text = f"{phrases.say('more' if before == speaker else 'bridge', speaker)} {text}"
        if number == 0 and turns[-1].speaker == speaker:
            turns[-1].text += f" {text}"
        else:
            turns.append(DraftTurn(speaker, text))
        if line.startswith("!"):
            turns[-1].facts.append(exchange.fact)
            turns[-1].image_kind = turns[-1].image_kind or exchange.turn.image_kind
        speaker = 1 - speaker

"""Conversations that the embedded text models learn from, and what is true in them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from locomo_vqa.builders.sample.facts import changed_fact, fact_of
from locomo_vqa.builders.sample.scenes import make_scene
from locomo_vqa.builders.sample.tables import SPEAKER_NAMES
from locomo_vqa.builders.sample.talk import DraftTurn, draw_talk
from locomo_vqa.builders.sample.threads import Thread
from locomo_vqa.builders.sample.visual_questions import caption
from locomo_vqa.evaluators.memory.prompts import turn_as_text
from scripts.embedded.text_hints import Hint

__all__ = ["Example", "Fact", "Key", "Life", "Memory", "Stage", "draw_life", "remember"]

Stage = Literal["extraction", "update", "answer"]

Key = tuple[int, int] | int | None
Memory = dict[Key, str]
"""Memories by the exchange that they come from."""

_CAPTIONED = 0.4
"""Share of conversations in which pictures are shown as captions."""


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt of a stage and the reply wanted."""

    stage: Stage
    prompt: str
    reply: str
    shared: str = ""
    """How the prompt begins where the examples after it begin alike, so that it is read once."""
    hints: tuple[Hint, ...] = ()
    """Places in the prompt after which training expects a word besides what follows."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact, and the exchange that it was told in."""

    text: str
    key: tuple[int, int] | None
    """Thread and exchange; None for what no story tells."""
    changes: tuple[int, int] | None = None
    """The key of the fact that it changes."""


@dataclass(frozen=True, slots=True)
class Life:
    """A conversation: its sessions' turns as lines, and what each line tells."""

    names: tuple[str, str]
    times: Sequence[datetime]
    threads: Sequence[Thread]
    sessions: Sequence[Sequence[tuple[str, tuple[Fact, ...]]]]


def draw_life(rng: random.Random) -> Life:
    """Return a fresh conversation of the sample world."""
    names = (rng.choice(SPEAKER_NAMES[0]), rng.choice(SPEAKER_NAMES[1]))
    times, threads, spoken_ = draw_talk(rng, names)
    shown = rng.random() < _CAPTIONED
    lines = [[_line(rng, names, threads, turn, shown) for turn in turns] for turns in spoken_]
    return Life(names, times, threads, lines)


def _line(
    rng: random.Random,
    names: tuple[str, str],
    threads: Sequence[Thread],
    turn: DraftTurn,
    shown: bool,
) -> tuple[str, tuple[Fact, ...]]:
    speaker = names[turn.speaker]
    facts = [_fact(threads, key, names) for key in turn.facts]
    captions = []
    if turn.image_kind and shown:
        captions = [caption(make_scene(rng, kind=turn.image_kind))]
        facts.append(Fact(f"{speaker} shared {captions[0]}.", None))
    return turn_as_text(speaker, turn.text, captions), tuple(facts)


def _fact(threads: Sequence[Thread], key: tuple[int, int], names: tuple[str, str]) -> Fact:
    number, turn = key
    earlier = threads[number].story.turns[turn].updates
    changes = None if earlier is None else (number, earlier)
    return Fact(fact_of(threads[number], turn, names), key, changes)


def remember(memory: Memory, fact: Fact) -> None:
    """Add a fact to the memories, or change the one that it changes."""
    if fact.changes in memory:
        memory[fact.changes] = changed_fact(memory[fact.changes], fact.text)
    else:
        memory[fact.key or len(memory)] = fact.text

"""The conversations that the embedded text models learn from, and the facts in them."""

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
from scripts.embedded.text_hints import PromptHint

__all__ = [
    "Key",
    "LabelledConversation",
    "Memories",
    "Stage",
    "StatedFact",
    "TextExample",
    "draw_labelled_conversation",
    "remember",
]

Stage = Literal["extraction", "update", "answer"]

Key = tuple[int, int] | int | None
Memories = dict[Key, str]
"""Memories by the story turn that they come from."""

_CAPTIONED = 0.4
"""Share of conversations in which images are shown as captions."""


@dataclass(frozen=True, slots=True)
class TextExample:
    """A prompt of a stage and the expected reply."""

    stage: Stage
    prompt: str
    reply: str
    shared: str = ""
    """The beginning that the prompt shares with the examples after it, so that it is read once."""
    hints: tuple[PromptHint, ...] = ()
    """Words that training expects within the prompt, besides the next tokens."""


@dataclass(frozen=True, slots=True)
class StatedFact:
    """A fact, and the turn of a story that states it."""

    text: str
    key: tuple[int, int] | None
    """The numbers of the thread and its turn; None for a fact that is in no story."""
    changes: tuple[int, int] | None = None
    """The key of the fact that it changes."""


@dataclass(frozen=True, slots=True)
class LabelledConversation:
    """A conversation: the turns of its sessions as lines, and the facts in each line."""

    names: tuple[str, str]
    times: Sequence[datetime]
    threads: Sequence[Thread]
    sessions: Sequence[Sequence[tuple[str, tuple[StatedFact, ...]]]]


def draw_labelled_conversation(rng: random.Random) -> LabelledConversation:
    """Return a new conversation of the sample."""
    names = (rng.choice(SPEAKER_NAMES[0]), rng.choice(SPEAKER_NAMES[1]))
    times, threads, sessions = draw_talk(rng, names)
    shown = rng.random() < _CAPTIONED
    lines = [[_line(rng, names, threads, turn, shown) for turn in turns] for turns in sessions]
    return LabelledConversation(names, times, threads, lines)


def _line(
    rng: random.Random,
    names: tuple[str, str],
    threads: Sequence[Thread],
    turn: DraftTurn,
    shown: bool,
) -> tuple[str, tuple[StatedFact, ...]]:
    speaker = names[turn.speaker]
    facts = [_fact(threads, key, names) for key in turn.facts]
    captions = []
    if turn.image_kind and shown:
        captions = [caption(make_scene(rng, kind=turn.image_kind))]
        facts.append(StatedFact(f"{speaker} shared {captions[0]}.", None))
    return turn_as_text(speaker, turn.text, captions), tuple(facts)


def _fact(threads: Sequence[Thread], key: tuple[int, int], names: tuple[str, str]) -> StatedFact:
    number, turn = key
    earlier = threads[number].story.turns[turn].updates
    changes = None if earlier is None else (number, earlier)
    return StatedFact(fact_of(threads[number], turn, names), key, changes)


def remember(memories: Memories, fact: StatedFact) -> None:
    """Add a fact to the memories, or change the one that it changes."""
    if fact.changes in memories:
        memories[fact.changes] = changed_fact(memories[fact.changes], fact.text)
    else:
        memories[fact.key or len(memories)] = fact.text

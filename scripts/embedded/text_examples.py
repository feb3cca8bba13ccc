"""What the embedded text models are asked in training, and what they should reply.

Conversations of the sample world are drawn afresh; each gives examples of all three stages.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from locomo_vqa.evaluators.systems.mem0.prompts import (
    answer_prompt,
    extraction_prompt,
    spoken,
    update_prompt,
)
from locomo_vqa.sample.facts import CHANGES, changed, fact_of
from locomo_vqa.sample.plot import Thread, draw_threads, session_times
from locomo_vqa.sample.scenes import make_scene
from locomo_vqa.sample.tables import NAMES
from locomo_vqa.sample.talk import Phrasebook, Spoken, talk
from locomo_vqa.sample.visual import caption
from scripts.embedded.text_hints import memory_hints, number_hints, time_hints

__all__ = ["NO_ANSWER", "Example", "Fact", "Life", "answers", "draw_life", "examples"]

Stage = Literal["extraction", "update", "answer"]

Key = tuple[int, int] | int | None
Memory = dict[Key, str]
"""Memories by the exchange that they come from."""

NO_ANSWER = "No information available"
"""The reply where the memories don't tell."""

_LISTS, _ASKED = 3, 8
"""Lists of memories that each conversation is asked about, and the most questions of each."""

_CAPTIONED = 0.4
"""Share of conversations in which pictures are shown as captions."""

_GIVEN_UP: Mapping[str, str] = {
    "plan": "{me} gave up the plan to {plan}.",
    "hobby": "{me} gave up {hobby[name]}.",
    "language": "{me} gave up learning {language[name]}.",
    "volunteer": "{me} stopped helping at {cause}.",
}
"""Facts that undo another; nobody says them in the sample, but people do."""


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt of a stage and the reply wanted."""

    stage: Stage
    prompt: str
    reply: str
    shared: str = ""
    """How the prompt begins where the examples after it begin alike, so that it is read once."""
    hints: tuple[tuple[int, str], ...] = ()
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
    names = (rng.choice(NAMES[0]), rng.choice(NAMES[1]))
    while True:
        times = session_times(rng)
        threads = draw_threads(rng, [time.date() for time in times])
        phrases = Phrasebook(rng, names)
        sessions = [talk(rng, threads, session, phrases) for session in range(len(times))]
        spoken_ = [turns for turns in sessions if turns is not None]
        if len(spoken_) == len(sessions):
            break
    shown = rng.random() < _CAPTIONED
    lines = [[_line(rng, names, threads, turn, shown) for turn in turns] for turns in spoken_]
    return Life(names, times, threads, lines)


def _line(
    rng: random.Random,
    names: tuple[str, str],
    threads: Sequence[Thread],
    turn: Spoken,
    shown: bool,
) -> tuple[str, tuple[Fact, ...]]:
    speaker = names[turn.speaker]
    facts = [_fact(threads, key, names) for key in turn.facts]
    captions = []
    if turn.picture and shown:
        captions = [caption(make_scene(rng, kind=turn.picture))]
        facts.append(Fact(f"{speaker} shared {captions[0]}.", None))
    return spoken(speaker, turn.text, captions), tuple(facts)


def _fact(threads: Sequence[Thread], key: tuple[int, int], names: tuple[str, str]) -> Fact:
    number, beat = key
    earlier = CHANGES.get((threads[number].story.topic, beat))
    changes = None if earlier is None else (number, earlier)
    return Fact(fact_of(threads[number], beat, names), key, changes)


def examples(rng: random.Random) -> Iterator[Example]:
    """Yield examples of all stages from one fresh conversation."""
    life = draw_life(rng)
    yield from _extractions(life, rng)
    yield from _updates(life, rng)
    yield from _answers(life, rng)


def _extractions(life: Life, rng: random.Random) -> Iterator[Example]:
    for time, lines in zip(life.times, life.sessions, strict=True):
        start = 0
        while start < len(lines):
            size = rng.choice((1, 2, 2, 2, 2, 3, 4))
            part = lines[start : start + size]
            start += size
            facts = [fact.text for _, found in part for fact in found]
            if not facts and rng.random() < 0.5:
                continue
            prompt = extraction_prompt([line for line, _ in part], time)
            turns = prompt.index(part[0][0])
            told = tuple((turns + at, word) for at, word in time_hints(prompt[turns:], time.date()))
            yield Example("extraction", prompt, _json({"facts": facts}), hints=told)


def _updates(life: Life, rng: random.Random) -> Iterator[Example]:
    """New facts of a part of the talk against what was remembered so far."""
    memory: Memory = {}
    for lines in life.sessions:
        facts = [fact for _, found in lines for fact in found]
        rng.shuffle(facts)
        while facts:
            size = rng.choice((1, 1, 2, 2, 3))
            part, facts = facts[:size], facts[size:]
            if rng.random() < 0.5 or any(fact.changes in memory for fact in part):
                yield _update(life, memory, part, rng)
            for fact in part:
                _remember(memory, fact)


def _remember(memory: Memory, fact: Fact) -> None:
    if fact.changes in memory:
        memory[fact.changes] = changed(memory[fact.changes], fact.text)
    else:
        memory[fact.key or len(memory)] = fact.text


def _update(
    life: Life,
    memory: Mapping[Key, str],
    new: Sequence[Fact],
    rng: random.Random,
) -> Example:
    facts = list(new)
    undone: dict[str, tuple[int, int]] = {}
    if memory and rng.random() < 0.12:
        known = rng.choice(list(memory.values()))
        facts.append(Fact(known, None))
    for number, thread in enumerate(life.threads):
        if thread.story.topic in _GIVEN_UP and (number, 0) in memory and rng.random() < 0.2:
            words = {"me": life.names[thread.owner], **thread.values}
            text = _GIVEN_UP[thread.story.topic].format(**words)
            undone[text] = (number, 0)
            facts.append(Fact(text, None))
    rng.shuffle(facts)
    needed: list[Key] = [fact.changes for fact in facts if fact.changes in memory]
    needed += list(undone.values())
    needed += [key for key, text in memory.items() for fact in facts if fact.text == text]
    shown = _shown(memory, needed, rng)
    ids = {key: str(number) for number, key in enumerate(shown)}
    operations = []
    for fact in facts:
        if fact.text in undone:
            key = undone[fact.text]
            operations.append({"event": "DELETE", "text": memory[key], "id": ids[key]})
        elif fact.text in memory.values():
            continue
        elif fact.changes in memory:
            text = changed(memory[fact.changes], fact.text)
            operations.append({"event": "UPDATE", "text": text, "id": ids[fact.changes]})
        else:
            operations.append({"event": "ADD", "text": fact.text, "id": "new"})
    prompt = update_prompt({ids[key]: memory[key] for key in shown}, [fact.text for fact in facts])
    told = tuple(number_hints(prompt))
    return Example("update", prompt, _json({"memory": operations}), hints=told)


def _shown(
    memory: Mapping[Key, str],
    needed: Sequence[Key],
    rng: random.Random,
) -> list[Key]:
    """Return what retrieval might bring: the memories that matter among others."""
    others = [key for key in memory if key not in needed]
    count = min(len(others), rng.randint(0, 14))
    keys = [*dict.fromkeys(needed), *rng.sample(others, count)]
    rng.shuffle(keys)
    return keys


def _answers(life: Life, rng: random.Random) -> Iterator[Example]:
    """Some memories at a time, as retrieval might bring them, and what can be asked of them.

    A reply begins with a space, as words within a memory do: so its tokens are the memory's own.
    """
    memory: Memory = {}
    for lines in life.sessions:
        for _, found in lines:
            for fact in found:
                _remember(memory, fact)
    asked = answers(life, rng)
    for _ in range(_LISTS):
        keys = rng.sample(list(memory), min(len(memory), rng.randint(4, 14)))
        texts = [memory[key] for key in keys]
        known = _threads(keys) - _threads(key for key in memory if key not in keys)
        fit = [(question, reply) for question, reply, thread in asked if thread in known]
        for question, reply in rng.sample(fit, min(len(fit), _ASKED)):
            prompt = answer_prompt(texts, question)
            shared = prompt[: prompt.rindex("Question: ")]
            yield Example("answer", prompt, f" {reply}", shared, tuple(memory_hints(shared)))


def _threads(keys: Iterable[Key]) -> set[int]:
    return {key[0] for key in keys if isinstance(key, tuple)}


def answers(life: Life, rng: random.Random) -> list[tuple[str, str, int]]:
    """Return questions, their answers and the threads they are about; a fifth has no answer."""
    found = []
    for number, thread in enumerate(life.threads):
        me, you = life.names[thread.owner], life.names[1 - thread.owner]
        words = {**thread.values, **thread.answers}
        for ask in thread.story.asks:
            exact = ask.answer.strip("{}")
            answer = str(thread.answers.get(exact, ask.answer.format(**words)))
            question = ask.question.format(**words, who=me, you=you)
            found.append((question, answer, number))
            if ask.swap and rng.random() < 0.3:
                swapped = ask.question.format(**words, who=you, you=me)
                found.append((swapped, NO_ANSWER, number))
            if ask.twist and rng.random() < 0.3:
                twisted = ask.twist.format(**words, who=me, you=you)
                found.append((twisted, NO_ANSWER, number))
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

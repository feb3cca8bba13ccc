"""What the embedded text models are asked in training, and what they should reply.

Conversations of the sample world are drawn afresh; each gives examples of all three stages.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.builders.sample.text_questions import answer_of
from locomo_vqa.evaluators.memory.prompts import answer_prompt, extraction_prompt
from scripts.embedded.text_hints import memory_hints, question_hint, time_hints
from scripts.embedded.text_life import Example, Key, Life, Memory, draw_life, remember
from scripts.embedded.text_updates import drills, updates

__all__ = ["NO_ANSWER", "examples", "lessons"]

NO_ANSWER = "No information available"
"""The reply where the memories don't tell."""

_LISTS, _LESSONS, _ASKED = 3, 8, 8
"""Lists of memories that a conversation is asked about, and those that training asks about; the
most questions of each."""


_EXTRACTIONS = 0.6
"""Share of the extractions that training keeps: they are the easiest, and the longest to read."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, its answer, and the thread and person it is about."""

    question: str
    reply: str
    thread: int
    owner: str


def examples(rng: random.Random) -> Iterator[Example]:
    """Yield examples of all stages from one fresh conversation."""
    life = draw_life(rng)
    yield from _extractions(life, rng)
    yield from updates(life, rng)
    yield from _answers(life, rng, _LISTS)


def lessons(rng: random.Random) -> Iterator[Example]:
    """Yield what training sees of one fresh conversation: more of what is hard."""
    life = draw_life(rng)
    yield from (each for each in _extractions(life, rng) if rng.random() < _EXTRACTIONS)
    yield from updates(life, rng)
    yield from drills(life, rng)
    yield from _answers(life, rng, _LESSONS)


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
            told = tuple(
                each._replace(place=turns + each.place)
                for each in time_hints(prompt[turns:], time.date())
            )
            yield Example("extraction", prompt, _json({"facts": facts}), hints=told)


def _answers(life: Life, rng: random.Random, lists: int) -> Iterator[Example]:
    """Some memories at a time, as retrieval might bring them, and what can be asked of them.

    A reply begins with a space, as words within a memory do: so its tokens are the memory's own.
    """
    memory: Memory = {}
    for lines in life.sessions:
        for _, found in lines:
            for fact in found:
                remember(memory, fact)
    asked = _asked(life, rng)
    for _ in range(lists):
        keys = rng.sample(list(memory), min(len(memory), rng.randint(4, 14)))
        shown, left = _threads(keys), _threads(key for key in memory if key not in keys)
        fit = [each for each in asked if each.thread in shown - left]
        missed = [replace(each, reply=NO_ANSWER) for each in asked if each.thread not in shown]
        chosen = rng.sample(fit, min(len(fit), _ASKED)) + rng.sample(missed, min(len(missed), 1))
        for each in chosen:
            yield _answer([memory[key] for key in keys], each, known=each in fit)


def _answer(texts: Sequence[str], asked: _Asked, known: bool) -> Example:
    prompt = answer_prompt(texts, asked.question)
    start = prompt.rindex("Question: ")
    hints = list(memory_hints(prompt[:start]))
    if known:
        hints.append(question_hint(prompt, asked.question, asked.owner))
    return Example("answer", prompt, f" {asked.reply}", prompt[:start], tuple(hints))


def _threads(keys: Iterable[Key]) -> set[int]:
    return {key[0] for key in keys if isinstance(key, tuple)}


def _asked(life: Life, rng: random.Random) -> list[_Asked]:
    """Return what can be asked of a conversation; a fifth has no answer."""
    found = []
    for number, thread in enumerate(life.threads):
        me, you = life.names[thread.owner], life.names[1 - thread.owner]
        words = {**thread.values, **thread.dates}
        for each in thread.story.questions:
            answer = str(answer_of(each, thread))
            said = [(each.question.format(**words, who=me, you=you), answer)]
            if each.adversarial_swap and rng.random() < 0.3:
                said.append((each.question.format(**words, who=you, you=me), NO_ANSWER))
            if each.adversarial_question and rng.random() < 0.3:
                adversarial = each.adversarial_question.format(**words, who=me, you=you)
                said.append((adversarial, NO_ANSWER))
            found += [_Asked(question, reply, number, me) for question, reply in said]
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

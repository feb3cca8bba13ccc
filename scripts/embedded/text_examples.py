"""The training examples of the embedded text models.

Conversations of the sample are newly drawn; each gives examples of all three stages.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from locomo_vqa.builders.sample.text_questions import answer_of
from locomo_vqa.evaluators.memory.prompts import answer_prompt, extraction_prompt
from scripts.embedded.text_conversations import (
    Key,
    LabelledConversation,
    Memories,
    TextExample,
    draw_labelled_conversation,
    remember,
)
from scripts.embedded.text_hints import memory_hints, question_hint, time_hints
from scripts.embedded.text_updates import drills, updates

__all__ = ["NO_ANSWER", "examples", "training_examples"]

NO_ANSWER = "No information available"
"""The reply if the memories lack the answer."""

_LISTS, _TRAINING_LISTS = 3, 8
"""Lists of memories per conversation to ask questions about, in tests and in training."""

_MOST_QUESTIONS = 8
"""The most questions about a list of memories."""

_EXTRACTIONS = 0.6
"""The share of extractions that training keeps: they are the easiest, and have long prompts."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A question with its answer, and the thread and person that it is about."""

    text: str
    reply: str
    thread: int
    owner: str


def examples(rng: random.Random) -> Iterator[TextExample]:
    """Yield examples of all stages from one new conversation."""
    conversation = draw_labelled_conversation(rng)
    yield from _extractions(conversation, rng)
    yield from updates(conversation, rng)
    yield from _answers(conversation, rng, _LISTS)


def training_examples(rng: random.Random) -> Iterator[TextExample]:
    """Yield the training examples of one new conversation, with more of the hard ones."""
    conversation = draw_labelled_conversation(rng)
    yield from (each for each in _extractions(conversation, rng) if rng.random() < _EXTRACTIONS)
    yield from updates(conversation, rng)
    yield from drills(conversation, rng)
    yield from _answers(conversation, rng, _TRAINING_LISTS)


def _extractions(conversation: LabelledConversation, rng: random.Random) -> Iterator[TextExample]:
    for time, lines in zip(conversation.times, conversation.sessions, strict=True):
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
            hints = tuple(
                each._replace(place=turns + each.place)
                for each in time_hints(prompt[turns:], time.date())
            )
            yield TextExample("extraction", prompt, _json({"facts": facts}), hints=hints)


def _answers(
    conversation: LabelledConversation, rng: random.Random, lists: int
) -> Iterator[TextExample]:
    """Yield questions about some memories at a time, as retrieval might return them.

    A reply begins with a space, as words within a memory do, so that both have the same tokens.
    """
    memories: Memories = {}
    for lines in conversation.sessions:
        for _, found in lines:
            for fact in found:
                remember(memories, fact)
    asked = _questions(conversation, rng)
    for _ in range(lists):
        keys = rng.sample(list(memories), min(len(memories), rng.randint(4, 14)))
        shown, left = _threads(keys), _threads(key for key in memories if key not in keys)
        fit = [each for each in asked if each.thread in shown - left]
        missed = [replace(each, reply=NO_ANSWER) for each in asked if each.thread not in shown]
        chosen = rng.sample(fit, min(len(fit), _MOST_QUESTIONS)) + rng.sample(
            missed, min(len(missed), 1)
        )
        for each in chosen:
            yield _answer([memories[key] for key in keys], each, known=each in fit)


def _answer(texts: Sequence[str], asked: _Question, known: bool) -> TextExample:
    prompt = answer_prompt(texts, asked.text)
    start = prompt.rindex("Question: ")
    hints = list(memory_hints(prompt[:start]))
    if known:
        hints.append(question_hint(prompt, asked.text, asked.owner))
    return TextExample("answer", prompt, f" {asked.reply}", prompt[:start], tuple(hints))


def _threads(keys: Iterable[Key]) -> set[int]:
    return {key[0] for key in keys if isinstance(key, tuple)}


def _questions(conversation: LabelledConversation, rng: random.Random) -> list[_Question]:
    """Return the questions about a conversation; a fifth of them have no answer."""
    found = []
    for number, thread in enumerate(conversation.threads):
        me, you = conversation.names[thread.owner], conversation.names[1 - thread.owner]
        words = {**thread.values, **thread.dates}
        for each in thread.story.questions:
            answer = str(answer_of(each, thread))
            said = [(each.question.format(**words, who=me, you=you), answer)]
            if each.adversarial_swap and rng.random() < 0.3:
                said.append((each.question.format(**words, who=you, you=me), NO_ANSWER))
            if each.adversarial_question and rng.random() < 0.3:
                adversarial = each.adversarial_question.format(**words, who=me, you=you)
                said.append((adversarial, NO_ANSWER))
            found += [_Question(question, reply, number, me) for question, reply in said]
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

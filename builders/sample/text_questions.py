"""Writes questions of LoCoMo's five categories about a conversation's stories."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .stories import StoryQuestion
from .threads import Thread

__all__ = ["CATEGORY_COUNTS", "QaRow", "answer_of", "draw_text_questions"]

CATEGORY_COUNTS: Mapping[int, tuple[int, int]] = {
    1: (2, 2),
    2: (3, 4),
    3: (3, 3),
    4: (5, 6),
    5: (5, 5),
}
"""The fewest and the most questions of a category in a conversation."""

QaRow = dict[str, Any]
"""An element of LoCoMo's `qa` list."""


def draw_text_questions(
    rng: random.Random,
    names: tuple[str, str],
    threads: Sequence[Thread],
    turn_ids: Mapping[tuple[int, int], str],
) -> list[QaRow]:
    """Return the `qa` list: answerable questions in mixed order, then the others.

    `turn_ids` gives the turn that states each fact (thread, turn of its story).
    """
    candidates: dict[int, list[tuple[str, QaRow]]] = {category: [] for category in CATEGORY_COUNTS}
    for number, thread in enumerate(threads):
        image_kind = thread.story.turns[0].image_kind
        for question in thread.story.questions:
            evidence = [turn_ids[number, turn] for turn in question.told_in]
            for row in _question_rows(question, thread, names, evidence):
                group = f"{thread.owner} {thread.story.topic}"
                candidates[row["category"]].append(("outing" if image_kind else group, row))
    drawn = {
        category: _draw_from_groups(
            rng, candidates[category], rng.randint(*CATEGORY_COUNTS[category])
        )
        for category in CATEGORY_COUNTS
    }
    adversarial = drawn.pop(5)
    answerable = [row for rows in drawn.values() for row in rows]
    rng.shuffle(answerable)
    return answerable + adversarial


def answer_of(question: StoryQuestion, thread: Thread) -> str | int:
    """Return the answer to a question about a story; a year alone is a number, as in LoCoMo."""
    slot = question.answer.strip("{}")
    words = {**thread.values, **thread.dates}
    return thread.dates.get(slot, question.answer.format(**words))


def _draw_from_groups(
    rng: random.Random, rows: Sequence[tuple[str, QaRow]], count: int
) -> list[QaRow]:
    """Draw rows from as many different groups as possible."""
    rest = rng.sample(rows, len(rows))
    drawn: list[QaRow] = []
    while rest and len(drawn) < count:
        seen: set[str] = set()
        later = []
        for group, row in rest:
            if group in seen or len(drawn) == count:
                later.append((group, row))
            else:
                seen.add(group)
                drawn.append(row)
        rest = later
    return drawn


def _question_rows(
    question: StoryQuestion, thread: Thread, names: tuple[str, str], evidence: list[str]
) -> Iterator[QaRow]:
    me, you = names[thread.owner], names[1 - thread.owner]
    words = {**thread.values, **thread.dates}
    answer = answer_of(question, thread)
    yield {
        "question": question.question.format(**words, who=me, you=you),
        "answer": answer,
        "evidence": evidence,
        "category": question.category,
    }
    adversarial = []
    if question.adversarial_swap:
        adversarial.append(question.question.format(**words, who=you, you=me))
    if question.adversarial_question:
        adversarial.append(question.adversarial_question.format(**words, who=me, you=you))
    for text in adversarial:
        yield {
            "question": text,
            "evidence": evidence,
            "category": 5,
            "adversarial_answer": str(answer),
        }

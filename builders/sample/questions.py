"""Questions of LoCoMo's five categories about the stories of a conversation."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .plot import Thread
from .stories import Ask

__all__ = ["COUNTS", "draw_questions"]

COUNTS: Mapping[int, tuple[int, int]] = {1: (2, 2), 2: (3, 4), 3: (3, 3), 4: (5, 6), 5: (5, 5)}
"""The fewest and the most questions of a category in a conversation."""

Row = dict[str, Any]


def draw_questions(
    rng: random.Random,
    names: tuple[str, str],
    threads: Sequence[Thread],
    places: Mapping[tuple[int, int], str],
) -> list[Row]:
    """Return the `qa` list: what can be answered in mixed order, then what can't.

    `places` gives the turn in which each fact (thread, exchange) is told.
    """
    candidates: dict[int, list[tuple[str, Row]]] = {category: [] for category in COUNTS}
    for number, thread in enumerate(threads):
        picture = thread.story.beats[0].picture
        for ask in thread.story.asks:
            evidence = [places[number, beat] for beat in ask.beats]
            for row in _rows(ask, thread, names, evidence):
                group = f"{thread.owner} {thread.story.topic}"
                candidates[row["category"]].append(("outing" if picture else group, row))
    drawn = {
        category: _spread(rng, candidates[category], rng.randint(*COUNTS[category]))
        for category in COUNTS
    }
    adversarial = drawn.pop(5)
    answerable = [row for rows in drawn.values() for row in rows]
    rng.shuffle(answerable)
    return answerable + adversarial


def _spread(rng: random.Random, rows: Sequence[tuple[str, Row]], count: int) -> list[Row]:
    """Draw rows of as many different groups as there are."""
    rest = rng.sample(rows, len(rows))
    drawn: list[Row] = []
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


def _rows(ask: Ask, thread: Thread, names: tuple[str, str], evidence: list[str]) -> Iterator[Row]:
    me, you = names[thread.owner], names[1 - thread.owner]
    words = {**thread.values, **thread.answers}
    exact = ask.answer.strip("{}")
    answer = thread.answers.get(exact, ask.answer.format(**words))
    yield {
        "question": ask.question.format(**words, who=me, you=you),
        "answer": answer,
        "evidence": evidence,
        "category": ask.category,
    }
    traps = [ask.question.format(**words, who=you, you=me)] if ask.swap else []
    if ask.twist:
        traps.append(ask.twist.format(**words, who=me, you=you))
    for question in traps:
        yield {
            "question": question,
            "evidence": evidence,
            "category": 5,
            "adversarial_answer": str(answer),
        }

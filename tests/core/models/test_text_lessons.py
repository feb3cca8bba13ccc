"""What the embedded text models are taught is true: checked by reading the prompts themselves."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from datetime import date

import pytest

from scripts.embedded.text_conversations import TextExample
from scripts.embedded.text_examples import NO_ANSWER, examples, training_examples
from scripts.embedded.text_hints import time_hints

CONVERSATIONS = 6


@pytest.fixture(scope="module")
def taught() -> list[TextExample]:
    rng = random.Random(3)
    return [example for _ in range(CONVERSATIONS) for example in training_examples(rng)]


def parts(prompt: str) -> tuple[dict[str, str], list[str]]:
    """Return memories by number, and new facts, of an update's prompt."""
    found = re.search(r"^Memories now: (.*)\nNew facts: (.*)$", prompt, re.MULTILINE)
    assert found is not None
    return {row["id"]: row["text"] for row in json.loads(found[1])}, json.loads(found[2])


def test_every_operation_follows_from_the_prompt(taught: list[TextExample]) -> None:
    events: Counter[str] = Counter()
    for lesson in taught:
        if lesson.stage != "update":
            continue
        memories, facts = parts(lesson.prompt)
        operations = json.loads(lesson.reply)["memory"]
        events.update(operation["event"] for operation in operations)
        for operation in operations:
            old = memories.get(operation["id"])
            if operation["event"] == "ADD":
                assert operation["id"] == "new"
                assert operation["text"] in facts
                assert operation["text"] not in memories.values()
            elif operation["event"] == "UPDATE":
                fact = operation["text"].removesuffix(f" Before: {old}")
                assert fact in facts
                assert fact.split()[0].removesuffix("'s") == str(old).split()[0]
            else:
                assert operation["text"] == old
        known = [fact for fact in facts if fact in memories.values()]
        assert len(operations) + len(known) == len(facts)
    assert all(events[event] >= 20 for event in ("ADD", "UPDATE", "DELETE"))


def test_hints_at_new_facts_name_the_memory_that_they_are_about(taught: list[TextExample]) -> None:
    for lesson in taught:
        if lesson.stage != "update":
            continue
        memories, facts = parts(lesson.prompt)
        start = lesson.prompt.index("New facts: ")
        words = [hint.word for hint in lesson.hints if hint.place > start]
        assert len(words) == len(facts)
        changed = {operation["id"] for operation in json.loads(lesson.reply)["memory"]}
        known = {number for number, text in memories.items() if text in facts}
        assert set(words) == changed | known


@pytest.mark.slow
def test_drills_change_and_undo_more_than_a_conversation_does(taught: list[TextExample]) -> None:
    rng = random.Random(4)
    usual = [example for _ in range(CONVERSATIONS) for example in examples(rng)]

    def share(found: list[TextExample]) -> float:
        replies = [json.loads(e.reply)["memory"] for e in found if e.stage == "update"]
        events = [operation["event"] for reply in replies for operation in reply]
        return 1 - events.count("ADD") / len(events)

    assert share(taught) > share(usual) + 0.1


def test_what_is_answered_stands_in_the_memories(taught: list[TextExample]) -> None:
    asked = [lesson for lesson in taught if lesson.stage == "answer"]
    told = [lesson for lesson in asked if lesson.reply.strip() != NO_ANSWER]
    literal = [lesson for lesson in told if lesson.reply.strip().lower() in lesson.shared.lower()]
    # The rest are yes and no, counts, and what follows from general knowledge.
    assert len(literal) > 0.7 * len(told)
    assert 0.1 < 1 - len(told) / len(asked) < 0.5


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ("last Friday", "29"),  # Today is Monday, 2 May 2022.
        ("last Monday", "25"),
        ("yesterday", "1"),
        ("three days ago", "29"),
        ("last month", "April"),
        ("next month", "June"),
        ("in two months", "July"),
        ("last year", "2021"),
        ("five years ago", "2017"),
    ],
)
def test_hints_work_out_the_time_that_is_told(told: str, word: str) -> None:
    text = f"Ann: I went there {told}, you know."
    (hint,) = time_hints(text, date(2022, 5, 2))
    assert text[: hint.place].endswith(told)
    assert hint.word == f" {word}"

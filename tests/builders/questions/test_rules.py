"""What a visual question must be, and what is made of a generator's reply."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locomo_vqa.builders.questions.replies import Declined, Problem, Written, read_reply
from locomo_vqa.builders.questions.rules import check_question
from tests.torture.profile import few_examples

GOOD = {"question": "How many boats are there?", "answer": "three", "reason": "I see three."}
WRITTEN = Written(**GOOD)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many boats are there?", "3"),
        ("What colour is the flag on the left boat?", "Red"),
        ("Is there a crown, yes or no?", "yes"),
        ("Which style is it?", "semi-abstract"),
        ("Whose café is this?", "Zoë's"),
        ("Is it red or blue?", "red"),
        ("Is it red or blue?", "blue"),
        ("Is the flag red, blue, or pink?", "red"),
        ("Is the flag red, blue, or pink?", "Blue"),
        ("Is the cup on the left or on the right?", "right"),
        ("Is the cup to the left or right of the man?", "left"),
    ],
)
def test_good_questions(question: str, answer: str) -> None:
    assert check_question(question, answer) is None


@pytest.mark.parametrize(
    ("question", "answer", "objection"),
    [
        ("", "red", "question is empty"),
        ("What is it?", "", "answer is empty"),
        ("What is it?", "  ", "answer is empty"),
        ("What colour is it?", "dark red", "exactly one word"),
        ("What colour is it?", "red.", "exactly one word"),
        ("What colour is it?", "red,blue", "exactly one word"),
        ("What colour is it?", "🟥", "exactly one word"),
        ("Name the colour of the flag.", "red", "question mark"),
        ("Which?", "red", "8 to 300 characters"),
        ("What " + "very " * 80 + "red thing is it?", "boat", "8 to 300 characters"),
        ("What is it called, exactly?", "x" * 31, "at most 30"),
        ("这艘船是什么颜色的呢请回答?", "red", "in English"),
        ("What colour is the sail?", "красный", "in English"),
        ("Is the red flag red or blue?", "red", "must not stand in the question"),
        ("Is it red or not?", "red", "must not stand in the question"),
        ("Is a dog or a cat on the red sofa?", "red", "must not stand in the question"),
        ("Is the flag of the boat red, or does it have stripes?", "boat", "must not stand"),
        ("What colour is the red flag?", "red", "must not stand in the question"),
    ],
)
def test_bad_questions(question: str, answer: str, objection: str) -> None:
    assert objection in (check_question(question, answer) or "")


@pytest.mark.parametrize(
    "reply",
    [
        json.dumps(GOOD),
        f"```json\n{json.dumps(GOOD, indent=2)}\n```",
        f"Sure! Here it is: {json.dumps(GOOD)} Anything else?",
        f'<think>maybe {{"question": "x"}}</think>{json.dumps(GOOD)}',
        json.dumps({**GOOD, "answer": " three. "}),
        '{"a": 1} ' + json.dumps({**GOOD, "difficulty": "hard"}),
        json.dumps(GOOD)[:-1] + ",}",
        json.dumps([GOOD]),
        f"Whiskers?\n</think>\n{json.dumps(GOOD)}",
    ],
)
def test_replies_that_can_be_used(reply: str) -> None:
    assert read_reply(reply) == WRITTEN


@pytest.mark.parametrize(
    ("reply", "answer", "reason"),
    [
        (json.dumps({**GOOD, "answer": 3}), "3", WRITTEN.reason),
        (json.dumps({**GOOD, "answer": 3.0}), "3", WRITTEN.reason),
        (json.dumps({**GOOD, "answer": 0}), "0", WRITTEN.reason),
        (json.dumps({**GOOD, "reason": "It's\nso."}).replace("\\n", "\n"), "three", "It's\nso."),
        (json.dumps({**GOOD, "reason": "It's so."}).replace("'", "\\'"), "three", "It's so."),
    ],
)
def test_slips_with_one_reading_are_read(reply: str, answer: str, reason: str) -> None:
    assert read_reply(reply) == Written(WRITTEN.question, answer, reason)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "objection"),
    [
        ("", "one JSON object"),
        ("I'm sorry, I can't help with that.", "one JSON object"),
        (json.dumps(GOOD)[:-5], "one JSON object"),
        ("[" * 5000, "one JSON object"),
        ('{"question": ' * 3000, "one JSON object"),
        (json.dumps({**GOOD, "answer": ["three"]}), "must have the texts"),
        (json.dumps({**GOOD, "answer": True}), "must have the texts"),
        (json.dumps({**GOOD, "answer": 2.5}), "exactly one word"),
        (json.dumps({**GOOD, "answer": -3}), "exactly one word"),
        (json.dumps({**GOOD, "answer": 1e300}), "exactly one word"),
        (json.dumps({**GOOD, "answer": 10**40}), "at most 30"),
        (json.dumps({"answer": None}), "must have the texts"),
        (json.dumps({**GOOD, "answer": "three boats"}), "exactly one word"),
        (json.dumps({**GOOD, "reason": " "}), '"reason" must be a sentence'),
    ],
)
def test_replies_that_can_t(reply: str, objection: str) -> None:
    read = read_reply(reply)
    assert isinstance(read, Problem)
    assert objection in read.objection


def test_a_decline() -> None:
    reply = json.dumps({"question": None, "answer": None, "reason": "Nothing unusual is there."})
    assert read_reply(reply) == Declined("Nothing unusual is there.")


@pytest.mark.slow
@few_examples
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert isinstance(read_reply(text), Written | Declined | Problem)
    assert isinstance(read_reply("{" + text), Written | Declined | Problem)

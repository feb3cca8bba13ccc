"""What Gemma 3 270M, a base model, replied to the generator's prompt, word for word.

It describes what a question would be about, and never writes one. A model that repeats the example
of the prompt has not looked at the picture either.
"""

from __future__ import annotations

import json

import pytest

from locomo_vqa.builders.questions.question_types import generation_prompt
from locomo_vqa.builders.questions.replies import EXAMPLE, Problem, read_reply


@pytest.mark.parametrize(
    "text",
    [
        "The question is about the object in the picture.\n\nThe question is about the object in",
        '"The woman by the door carries her umbrella"\n\nThe question is about a detail of an',
        "The question is about the color of the woman's dress.\n\n"
        'The answer is: "The woman\'s dress is blue."',
    ],
)
def test_prose_is_not_a_question(text: str) -> None:
    assert isinstance(read_reply(text), Problem)


def test_the_example_of_the_prompt_is_not_a_question_about_the_picture() -> None:
    assert EXAMPLE in generation_prompt("detail")
    reply = json.dumps({"question": EXAMPLE, "answer": "left", "reason": "Her umbrella does."})
    found = read_reply(reply)
    assert isinstance(found, Problem)
    assert "not the example" in found.objection

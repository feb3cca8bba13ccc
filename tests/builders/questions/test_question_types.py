"""The prompts as sent: a change shows here, and needs a new version name."""

from __future__ import annotations

import pytest

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.builders.questions.question_types import TYPE_DESCRIPTIONS, generation_prompt
from locomo_vqa.prompts import answer_visual
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "prompts"


def test_every_type_has_a_kind() -> None:
    assert tuple(TYPE_DESCRIPTIONS) == QUESTION_TYPES


@pytest.mark.parametrize("type", QUESTION_TYPES)
def test_the_prompt_of_a_type_is_the_golden_one(type: QuestionType) -> None:
    assert generation_prompt(type) == (GOLDEN / f"{type}.txt").read_text(encoding="utf-8")


def test_what_comes_before_the_kind_is_the_same_for_all_types() -> None:
    """So that a server with a prefix cache reads image and instructions once."""
    heads = {generation_prompt(type).rpartition("Kind of question:")[0] for type in QUESTION_TYPES}
    assert len(heads) == 1


def test_a_caption_or_a_template_s_sign_is_text() -> None:
    prompt = answer_visual("What costs $5?", caption="a photo of $question")
    assert "The picture shows: a photo of $question." in prompt
    assert "Question: What costs $5?" in prompt
    assert "The picture shows" not in answer_visual("What?")

"""What a verifier is asked about a question, and which questions it agrees with."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.questions.checks import CHECKS, is_agreed
from locomo_vqa.builders.questions.rows import QualityChecks, QuestionRow
from locomo_vqa.builders.questions.verification import (
    again_prompt,
    premise_prompt,
    verdict_prompt,
    verify_questions,
)
from locomo_vqa.builders.questions.writing import image_places
from locomo_vqa.models.chat import ChatRequest, ModelTimeout
from tests.builders.scripted_model import ScriptedModel

SAMPLE = load_benchmark("sample")
PLACE = next(image_places(SAMPLE))
QUESTION = "How many boats are there?"


def row(answer: str = "three", question: str = QUESTION) -> QuestionRow:
    return QuestionRow(
        id="c/v/t/count",
        conversation="c",
        turn="t",
        image=PLACE.image,
        type="count",
        split="train",
        state="ok",
        question=question,
        answer=answer,
    )


def verified(model: ScriptedModel, *rows: QuestionRow, needed: int = 3) -> list[QuestionRow]:
    return asyncio.run(verify_questions(model, SAMPLE, rows, CHECKS, needed=needed))


def saying(again: str, premise: str, verdict: str) -> ScriptedModel:
    def say(request: ChatRequest) -> str:
        if request.text == premise_prompt(QUESTION):
            return premise
        return again if request.text == again_prompt(QUESTION) else verdict

    return ScriptedModel(say)


def test_a_question_is_asked_in_three_other_ways_with_its_image() -> None:
    model = saying("three", "yes", "yes")
    (found,) = verified(model, row())
    assert {request.text for request in model.requests} == {
        again_prompt(QUESTION),
        premise_prompt(QUESTION),
        verdict_prompt(QUESTION, "three"),
    }
    assert {image.sha256 for request in model.requests for image in request.images} == {PLACE.image}
    assert found.quality == QualityChecks(
        answers_again=True, premise_holds=True, answer_holds=True, agreed=True
    )


@pytest.mark.parametrize(
    ("replies", "columns"),
    [
        (("3", "Yes.", "YES, it is."), (True, True, True, True)),
        (("Three.", "no", "yes"), (True, False, True, False)),
        (("four", "yes", "no, two"), (False, True, False, False)),
        (("three", "maybe", "yes"), (True, None, True, None)),
        (("four", "maybe", "yes"), (False, None, True, False)),
        (("three", "noise", "yesterday"), (True, None, None, None)),
    ],
)
def test_replies_and_columns(
    replies: tuple[str, str, str], columns: tuple[bool | None, ...]
) -> None:
    (found,) = verified(saying(*replies), row())
    quality = found.quality
    assert columns == (
        *(quality.answers_again, quality.premise_holds, quality.answer_holds, quality.agreed),
    )


def test_fewer_checks_may_be_enough() -> None:
    (found,) = verified(saying("four", "yes", "yes"), row(), needed=2)
    assert found.quality.agreed is True


def test_no_reply_is_no_disagreement() -> None:
    def say(request: ChatRequest) -> str:
        raise ModelTimeout("60 s")

    (found,) = verified(ScriptedModel(say), row())
    assert found.quality == QualityChecks()


def test_only_written_questions_are_checked() -> None:
    model = saying("three", "yes", "yes")
    declined = replace(row(), id="d", state="declined", question=None, answer=None)
    assert verified(model, row(), declined)[1] == declined
    assert len(model.requests) == 3


def test_agreed_without_checks_is_not_decided_by_them() -> None:
    assert is_agreed(QualityChecks(answer_holds=True), ["verdict"], 1) is True
    assert is_agreed(QualityChecks(answers_again=True), ["verdict"], 1) is None

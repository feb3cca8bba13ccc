"""A of several runs of one system: its noise, and its comparison."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.evaluators.scoring import ScoreReport
from tests.evaluators.recording import SAMPLE


def scored(answer: Callable[[TextQuestion], str]) -> ScoreReport:
    rows = {q.id: answer(q) for q in SAMPLE.text_questions}
    return lv.score(rows, benchmark=SAMPLE, split="all", metrics=["a"], progress=False)


def always(text: str) -> ScoreReport:
    return scored(lambda question: text)


def declines_rightly(question: TextQuestion) -> str:
    return "I don't know." if question.category == 5 else "red"


def test_a_system_that_always_declines_has_no_noise() -> None:
    noise = lv.score([always("I don't know."), always("No idea.")]).noise
    assert noise is not None
    found = noise["metrics"]["a"]
    assert found["scores"] == pytest.approx([0, 0])
    assert found["sd"] == pytest.approx(0) and found["believable"] == pytest.approx(0)


def test_the_noise_of_conversations_is_the_error_of_a() -> None:
    # The runs decline the same questions, in other words: all of the noise is of conversations.
    few = [q.id for q in SAMPLE.text_questions if q.category != 5][:28]
    reports = [
        scored(lambda q, word=word: word if q.category == 5 or q.id in few else "red")
        for word in ("I don't know.", "No idea.")
    ]
    noise = lv.score(reports).noise
    assert noise is not None
    value, interval = reports[0]["a"].value, reports[0]["a"].interval
    assert value is not None and interval is not None
    # Ten conversations: the interval reaches 2.262 errors down; up, it ends at 100.
    error = (value - interval.low) / 2.262
    assert noise["metrics"]["a"]["sd"] == pytest.approx(error, rel=1e-3)
    assert noise["metrics"]["a"]["scores"] == pytest.approx([reports[0]["a"].value] * 2)


def test_a_of_repeats_is_compared_by_its_mean() -> None:
    # A is 100 where all that should be declined is, and nothing else: over both runs it is 50.
    mixed = [scored(declines_rightly), always("red")]
    constant = [always("I don't know."), always("blue")]
    (one,) = lv.compare(mixed, constant, metrics=["a"], progress=False).metrics
    assert one.overall.baseline == pytest.approx(50)
    assert one.overall.other == pytest.approx(0)
    assert one.overall.difference == pytest.approx(-50)
    assert one.believable.runs == (2, 2) and one.believable.covers(-50)


def test_constant_systems_differ_by_nothing() -> None:
    (one,) = lv.compare(always("No idea."), always("red"), metrics=["a"], progress=False).metrics
    assert one.overall.difference == pytest.approx(0)
    assert one.believable.value == pytest.approx(0)

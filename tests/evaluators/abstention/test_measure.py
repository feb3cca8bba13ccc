"""A of a run: constant systems, states without an answer, categories, and confidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.evaluators.scoring import ScoreReport
from locomo_vqa.runs import Prediction

Answer = Callable[[TextQuestion], Any]


@pytest.fixture(scope="module")
def sample() -> Benchmark:
    return lv.load_benchmark("sample")


def scored(sample: Benchmark, answer: Answer, **options: Any) -> ScoreReport:
    given = {q.id: answer(q) for q in sample.text_questions}
    rows = {name: text for name, text in given.items() if text is not None}
    return lv.score(rows, benchmark=sample, split="all", metrics=["a"], progress=False, **options)


def is_adversarial(question: TextQuestion) -> bool:
    return question.category == 5


def side(report: ScoreReport, name: str) -> dict[str, Any]:
    assert report.abstention is not None
    found: dict[str, Any] = report.abstention["kinds"]["text"][name]
    return found


@pytest.mark.parametrize("text", ["I don't know.", "red"])
def test_a_constant_system_has_0_plus_or_minus_0(sample: Benchmark, text: str) -> None:
    report = scored(sample, lambda question: text)
    a = report["a"]
    assert a.value == 0
    assert a.interval is not None
    assert (a.interval.low, a.interval.high) == (0, 0)
    assert {estimate.value for estimate in a.by_category.values()} == {0}


def test_a_system_that_falls_for_every_trap_has_what_one_calculates_by_hand(
    sample: Benchmark,
) -> None:
    report = scored(sample, lambda q: q.adversarial_answer if is_adversarial(q) else q.answer)
    assert report["a"].value == 0  # It declines nowhere.
    assert side(report, "nothing")["outcomes"]["trap"] == 50
    # Besides, it declines a fifth of the others: 0 of 50 minus 28 of 142.
    some = [q.id for q in sample.text_questions if not is_adversarial(q)][:28]
    report = scored(
        sample,
        lambda q: q.adversarial_answer if is_adversarial(q) else "No idea" if q.id in some else "x",
    )
    assert report["a"].value == pytest.approx(-100 * 28 / 142)


def test_a_perfect_system_has_100_and_is_right_everywhere(sample: Benchmark) -> None:
    report = scored(sample, lambda q: "Not mentioned." if is_adversarial(q) else q.answer)
    assert report["a"].value == 100
    assert side(report, "nothing")["outcomes"]["declined"] == 50
    assert side(report, "something")["outcomes"]["right"] >= 140  # By rules.
    assert {name: e.n for name, e in report["a"].by_category.items()} == {
        "1": 50 + 20,
        "2": 50 + 36,
        "3": 50 + 30,
        "4": 50 + 56,
    }


@pytest.mark.parametrize("state", ["error", "timeout", "not_ingested", "empty"])
def test_no_answer_is_neither_declining_nor_answering(sample: Benchmark, state: str) -> None:
    nothing = {"prediction": "" if state == "empty" else None, "state": state}
    report = scored(sample, lambda q: nothing)
    assert report["a"].value == -100  # Wrong on both sides, as in every metric.
    assert side(report, "nothing")["declined"]["value"] == 0
    assert side(report, "something")["declined"]["value"] == 0
    report = scored(sample, lambda q: "Unknown" if is_adversarial(q) else nothing)
    assert report["a"].value == 0  # Failing where there is an answer earns nothing.


def test_missing_rows_count_in_fixed_denominators(sample: Benchmark) -> None:
    first = next(q.id for q in sample.text_questions if is_adversarial(q))
    report = scored(
        sample, lambda q: None if q.id == first else "Unknown" if is_adversarial(q) else "red"
    )
    assert report["a"].value == pytest.approx(98)
    assert side(report, "nothing")["outcomes"]["missing"] == 1


def test_a_refusal_of_the_system_declines_and_that_of_a_filter_does_not(sample: Benchmark) -> None:
    for error, value in (("I have no memory of it.", 100), ("refused", 100), ("content_filter", 0)):
        row = {"prediction": None, "state": "refused", "error": error}
        report = scored(sample, lambda q, row=row: row if is_adversarial(q) else "red")
        assert report["a"].value == value


def test_a_needs_both_kinds_of_questions(sample: Benchmark) -> None:
    report = scored(sample, lambda q: None if is_adversarial(q) else "red")
    assert report["a"].state == "not_computed"
    assert report["a"].reason == "No row answers an adversarial question."
    assert report.abstention is None
    report = scored(sample, lambda q: "red" if is_adversarial(q) else None)
    assert report["a"].reason == "No row answers a text question with a gold answer."


def test_the_mean_of_the_questions_contributions_is_a(sample: Benchmark) -> None:
    report = scored(sample, lambda q: "Unknown" if is_adversarial(q) or q.index % 5 == 0 else "red")
    frame = report.to_frame()
    assert len(frame) == 192
    assert frame.value.mean() == pytest.approx(report["a"].value)


def test_the_curve_shows_a_over_thresholds_of_confidence(sample: Benchmark) -> None:
    """Unsure (0.2) of all adversarial questions and of 14 others, sure (0.9) of 128."""
    unsure = [q.id for q in sample.text_questions if not is_adversarial(q)][:14]
    rows = [
        Prediction(
            question_id=q.id,
            prediction="red",
            state="ok",
            confidence=0.2 if is_adversarial(q) or q.id in unsure else 0.9,
        )
        for q in sample.text_questions
    ]
    report = lv.score(rows, benchmark=sample, split="all", metrics=["a"], progress=False)
    assert report.abstention is not None
    curve = report.abstention["kinds"]["text"]["curve"]
    assert curve["known"] == 192
    assert curve["area"] == pytest.approx((128 + 14 / 2) / 142)
    points = {point["threshold"]: point["a"] for point in curve["points"]}
    assert points[0.2] == 0
    assert points[0.9] == pytest.approx(100 - 100 * 14 / 142)
    alone = [replace(row, confidence=None) for row in rows]
    report = lv.score(alone, benchmark=sample, split="all", metrics=["a"], progress=False)
    assert report.abstention is not None
    assert report.abstention["kinds"]["text"]["curve"] is None


def test_two_systems_are_compared_by_what_each_question_contributes(sample: Benchmark) -> None:
    def given(answer: Answer) -> dict[str, str]:
        return {q.id: answer(q) for q in sample.text_questions}

    always, never = given(lambda q: "Unknown"), given(lambda q: "red")
    found = lv.compare(always, never, benchmark=sample, split="all", metrics=["a"]).metrics[0]
    assert found.overall.difference == 0
    assert found.overall.p == 1
    assert found.overall.interval is not None
    assert (found.overall.interval.low, found.overall.interval.high) == (0, 0)
    good = given(lambda q: "Unknown" if is_adversarial(q) else "red")
    found = lv.compare(never, good, benchmark=sample, split="all", metrics=["a"]).metrics[0]
    assert found.overall.difference == 100
    assert found.overall.p == pytest.approx(2 / 2**10)  # Ten conversations, in one direction.
    assert {group.result.difference for group in found.groups.values()} == {100}
    assert list(found.groups) == ["multi-hop", "temporal", "open-domain", "single-hop"]

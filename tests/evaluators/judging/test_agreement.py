"""Cohen's kappa: values worked by hand and by scikit-learn, and the jackknife step by step."""

from __future__ import annotations

import math
import random

import pytest

from locomo_vqa.evaluators.judging.agreement import agreement, cohen_kappa, kappa_interval
from locomo_vqa.evaluators.judging.judge import Judgement, VerdictState
from locomo_vqa.runs import Usage


def pairs(both: int, first: int, second: int, none: int) -> list[tuple[bool, bool]]:
    return (
        [(True, True)] * both
        + [(True, False)] * first
        + [(False, True)] * second
        + [(False, False)] * none
    )


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        # p = 35 / 50 = 0.7; e = 0.5 * 0.6 + 0.5 * 0.4 = 0.5.
        ((20, 5, 10, 15), 0.4),
        # p = 0.6; e = 0.7 * 0.6 + 0.3 * 0.4 = 0.54; (0.6 - 0.54) / 0.46.
        ((45, 25, 15, 15), 0.06 / 0.46),
        ((7, 0, 0, 3), 1.0),
        # Each says yes to one half, and never to the same: p = 0, e = 0.5.
        ((0, 5, 5, 0), -1.0),
        ((0, 4, 0, 6), 0.0),
    ],
)
def test_kappa_by_hand(table: tuple[int, int, int, int], kappa: float) -> None:
    assert cohen_kappa(pairs(*table)) == pytest.approx(kappa, abs=1e-12)


@pytest.mark.parametrize("table", [(9, 0, 0, 0), (0, 0, 0, 9), (0, 0, 0, 0)])
def test_kappa_is_not_defined_where_both_always_say_the_same(table: tuple[int, ...]) -> None:
    assert cohen_kappa(pairs(*table)) is None


@pytest.mark.slow
def test_kappa_is_scikit_learn_s() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = random.Random(3)
    for _ in range(20):
        sample = [(rng.random() < 0.7, rng.random() < 0.6) for _ in range(rng.randint(2, 60))]
        first, second = zip(*sample, strict=True)
        if len({*first, *second}) == 2:
            assert cohen_kappa(sample) == pytest.approx(metrics.cohen_kappa_score(first, second))


def test_the_interval_is_the_jackknife_s_over_conversations() -> None:
    groups = {"a": pairs(5, 1, 0, 2), "b": pairs(3, 0, 2, 3), "c": pairs(1, 1, 1, 4)}
    interval = kappa_interval(groups)
    assert interval is not None
    # Kappas of b+c, a+c and a+b, from their tables (4,1,3,7), (6,2,1,6) and (8,1,2,5).
    without = [
        (11 / 15 - (5 * 7 + 10 * 8) / 225) / (1 - (5 * 7 + 10 * 8) / 225),
        (12 / 15 - (8 * 7 + 7 * 8) / 225) / (1 - (8 * 7 + 7 * 8) / 225),
        (13 / 16 - (9 * 10 + 7 * 6) / 256) / (1 - (9 * 10 + 7 * 6) / 256),
    ]
    mean = sum(without) / 3
    error = math.sqrt(2 / 3 * sum((value - mean) ** 2 for value in without))
    whole = (18 / 23 - (11 * 12 + 12 * 11) / 529) / (1 - (11 * 12 + 12 * 11) / 529)
    t = 4.302652729749462  # The 0.975 quantile with two degrees of freedom, from a table.
    assert interval.low == pytest.approx(whole - t * error)
    assert interval.high == pytest.approx(min(1.0, whole + t * error))
    assert interval.clusters == 3


def test_there_is_no_interval_with_one_conversation_or_where_a_part_has_no_kappa() -> None:
    assert kappa_interval({"a": pairs(5, 1, 0, 2)}) is None
    assert kappa_interval({"a": pairs(5, 1, 0, 2), "b": pairs(4, 0, 0, 0)}) is None


def judgement(id: str, state: VerdictState) -> Judgement:
    return Judgement(id=id, state=state, usage=Usage())


def test_disagreements_are_listed_and_unscored_answers_left_out_and_counted() -> None:
    states: list[tuple[VerdictState, VerdictState]] = [
        *(("correct", "correct"), ("correct", "wrong"), ("wrong", "wrong")),
        *(("unscored", "wrong"), ("wrong", "unscored"), ("unscored", "unscored")),
    ]
    found = agreement(
        ("A", "B"),
        [judgement(str(i), one) for i, (one, _) in enumerate(states)],
        [judgement(str(i), two) for i, (_, two) in reversed(list(enumerate(states)))],
        {str(i): "c" for i in range(6)},
    )
    assert (found.n, found.left_out, found.agree) == (3, 3, 2)
    # p = 2/3; e = (2 * 1 + 1 * 2) / 9.
    assert found.kappa == pytest.approx((2 / 3 - 4 / 9) / (5 / 9))
    assert found.to_json()["disagreements"] == [
        {"question_id": "1", "verdicts": ["correct", "wrong"]}
    ]


def test_judges_who_always_agree_are_not_certain_to() -> None:
    assert cohen_kappa(pairs(8, 0, 0, 5)) == 1
    assert kappa_interval({"a": pairs(5, 0, 0, 2), "b": pairs(3, 0, 0, 3)}) is None

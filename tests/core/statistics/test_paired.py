"""Paired differences: against scipy's exact permutation test, and by hand."""

from __future__ import annotations

import random
from math import inf, sqrt

import pytest
from scipy.stats import permutation_test, t  # type: ignore[import-untyped]

from locomo_vqa.statistics.intervals import ClusteredMean
from locomo_vqa.statistics.paired import (
    MANY_CONVERSATIONS,
    holm,
    minimum_detectable,
    paired_difference,
    sign_flip_p,
)


def grouped(**groups: list[float]) -> dict[str, dict[str, float]]:
    return {c: {f"{c}/{i}": value for i, value in enumerate(v)} for c, v in groups.items()}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("conversations", [6, 7, 10])
def test_sign_flips_equal_scipy(conversations: int, seed: int) -> None:
    rng = random.Random(seed)
    # Whole numbers make ties, and a seed in three has a true difference.
    sums = [float(rng.randint(-4, 4) + 3 * (seed % 3 == 0)) for _ in range(conversations)]
    expected = permutation_test(
        (sums,), lambda x, axis: x.sum(axis=axis), permutation_type="samples", vectorized=True
    )
    assert len(expected.null_distribution) == 2**conversations
    assert sign_flip_p(sums) == pytest.approx(expected.pvalue, abs=1e-12)


def test_sums_of_one_sign_have_the_least_p() -> None:
    assert sign_flip_p([1, 2, 3, 4, 5, 6]) == 2 / 64
    assert sign_flip_p([-0.1] * 10) == 2 / 1024
    assert sign_flip_p([0.5] * MANY_CONVERSATIONS) == 2 / 2**MANY_CONVERSATIONS


def test_flips_that_equal_the_observed_one_but_for_rounding_count() -> None:
    # 0.1 + 0.2 differs from 0.3 in the last place. Signs of the last four don't matter, and of
    # the other three, only "all alike" reaches the observed 0.6: 2 of 8.
    assert sign_flip_p([0.1, 0.2, 0.3, 0.0, 0.0, 0.0, 0.0]) == 2 / 8
    # Totals of the first three: 0, 0.2, 0.4, 0.6 and their negatives; observed 0.
    assert sign_flip_p([0.1, 0.2, -0.3, 0.0, 0.0, 0.0]) == 1


@pytest.mark.parametrize("count", [1, 5, MANY_CONVERSATIONS + 1])
def test_too_few_or_too_many_conversations_have_no_p(count: int) -> None:
    assert sign_flip_p([1.0] * count) is None


def test_a_difference_by_hand() -> None:
    # Differences: a 1, 0 (mean 0.5); b 1, 1; c 0, 0. Mean 0.5, standard deviation of means 0.5.
    result = paired_difference(
        grouped(a=[0, 1], b=[0, 0], c=[1, 0]), grouped(a=[1, 1], b=[1, 1], c=[1, 0])
    )
    assert result.baseline == pytest.approx(2 / 6)
    assert result.other == pytest.approx(5 / 6)
    assert result.difference == pytest.approx(0.5)
    error = 0.5 / sqrt(3)
    assert result.interval is not None
    assert result.interval.low == pytest.approx(0.5 - t.ppf(0.975, 2) * error)
    assert result.interval.high == pytest.approx(0.5 + t.ppf(0.975, 2) * error)
    assert (result.p, result.detectable) == (None, None)
    assert (result.conversations, result.questions) == (3, 6)
    assert [c.difference for c in result.by_conversation.values()] == [0.5, 1, 0]
    assert result.by_conversation["a"].baseline == 0.5
    assert result.by_conversation["a"].other == 1


def test_the_denominator_is_questions_not_conversations() -> None:
    # 3 of 4 questions are better by 1, all in one conversation.
    result = paired_difference(grouped(a=[0, 0, 0], b=[0]), grouped(a=[1, 1, 1], b=[0]))
    assert result.difference == 0.75


def test_the_p_value_is_of_the_sums_of_conversations() -> None:
    # Sums 1, 1, 1, 1, 2, -2: total 4. By hand: of 64 signs of (1,1,1,1,2,2), those with |total|
    # at least 4. Twos alike (total +-4): fours sum 0 or more in its direction, 11 of 16, twice
    # (22). Twos apart (0, two ways): all four ones alike, 2 each (4). In all 26.
    left = grouped(a=[0], b=[0], c=[0], d=[0], e=[0, 0], f=[1, 1])
    right = grouped(a=[1], b=[1], c=[1], d=[1], e=[1, 1], f=[0, 0])
    result = paired_difference(left, right)
    assert result.p == 26 / 64
    # 8 questions, mean 0.5. Deviations of sums: 0.5 four times, 1, and -3: squares 1 + 1 + 9.
    error = sqrt(6 / 5 * 11) / 8
    assert result.detectable == pytest.approx((t.ppf(0.975, 5) + t.ppf(0.8, 5)) * error)


def test_systems_that_answer_alike() -> None:
    same = grouped(a=[1], b=[0], c=[1], d=[1], e=[0], f=[1])
    result = paired_difference(same, same)
    assert (result.difference, result.p, result.detectable) == (0, 1, None)


def test_one_conversation_has_no_interval() -> None:
    result = paired_difference(grouped(a=[0, 1]), grouped(a=[1, 1]))
    assert (result.difference, result.interval, result.detectable) == (0.5, None, None)


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (grouped(a=[1]), grouped(b=[1]), "same conversations"),
        (grouped(a=[1]), grouped(a=[1, 0]), "different questions"),
        (grouped(a=[1]), grouped(a=[inf]), "finite"),
        (grouped(a=[]), grouped(a=[]), "no question"),
        ({}, {}, "no question"),
    ],
)
def test_sides_that_cannot_be_compared(
    left: dict[str, dict[str, float]], right: dict[str, dict[str, float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        paired_difference(left, right)


def test_the_detectable_difference_of_printed_tables() -> None:
    # Ten conversations: t(0.975; 9) = 2.262 and t(0.80; 9) = 0.883.
    estimate = ClusteredMean(mean=0, error=2, clusters=10)
    assert minimum_detectable(estimate) == pytest.approx(2 * (2.262 + 0.883), abs=2e-3)


def test_holm_by_hand() -> None:
    # Smallest first: 0.01 * 4, 0.02 * 3 = 0.06, 0.03 * 2 = 0.06, 0.5.
    assert holm([0.02, 0.5, 0.01, 0.03]) == pytest.approx((0.06, 0.5, 0.04, 0.06))
    # 0.04 * 2 = 0.08 is above 0.05, which follows it.
    assert holm([0.04, 0.05]) == pytest.approx((0.08, 0.08))
    assert holm([0.6, 0.7]) == (1, 1)
    assert holm([]) == ()

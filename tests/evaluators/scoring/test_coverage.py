"""What the intervals and p-values promise, held against simulated data sets.

Ten conversations of the sizes of LoCoMo, answers right or wrong, and a chance of a right answer
that differs from conversation to conversation with a standard deviation of 0.1. In four published
result files the means of F1 by conversation vary with a standard deviation of 0.03 to 0.11.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.intervals import LOCOMO_SIZES as SIZES
from benchmarks.intervals import coverage
from locomo_vqa.evaluators.statistics.outliers import far_conversations
from locomo_vqa.statistics.mean_intervals import difference_interval, mean_interval
from locomo_vqa.statistics.paired import sign_flip_p

SETS = 2000
ERROR = sqrt(0.95 * 0.05 / SETS)
"""Standard error of a share of 0.95 or 0.05 that is estimated by simulation: 0.005."""


def right_answers(seed: int, *, spread: float = 0.1) -> NDArray[np.int64]:
    """Return the number of right answers, by data set and conversation; the mean chance is 0.5."""
    rng = np.random.default_rng(seed)
    chances = np.clip(rng.normal(0.5, spread, (SETS, len(SIZES))), 0, 1)
    return rng.binomial(SIZES, chances)


@pytest.mark.parametrize("truth", [0.02, 0.5, 0.95])
def test_the_interval_of_a_mean_covers_as_it_says(truth: float) -> None:
    """Ten conversations of 45 questions; a figure of 400 sets has a standard error of 0.011."""
    covered = coverage(mean_interval, truth, spread=0.5, sizes=[45] * 10, sets=400)
    assert 0.92 <= covered <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("truth", [0.01, 0.03, 0.1, 0.5, 0.9, 0.97, 0.99])
def test_it_covers_as_it_says_from_one_percent_to_ninety_nine(truth: float) -> None:
    assert 0.92 <= coverage(mean_interval, truth, spread=0.5, sets=SETS) <= 0.96


@pytest.mark.slow
def test_a_symmetric_interval_covers_less_near_the_end_of_the_range() -> None:
    def covered(method: Any) -> float:
        return coverage(method, 0.02, spread=0.8, sets=SETS)

    assert covered(difference_interval) < 0.91 < 0.925 < covered(mean_interval)


def test_an_interval_of_independent_questions_covers_far_less() -> None:
    """The spread of the true means, 0.1 / sqrt(10), is 2.5 times what 1,540 questions leave.

    So it covers about as often as a normal value lies within 1.96 / sqrt(1 + 2.5^2) = 0.73 of its
    mean, which is 0.53.
    """
    shares = right_answers(1).sum(axis=1) / sum(SIZES)
    reach = NormalDist().inv_cdf(0.975) * np.sqrt(shares * (1 - shares) / sum(SIZES))
    covered = float(np.mean(np.abs(shares - 0.5) <= reach))
    assert covered == pytest.approx(0.53, abs=0.04)


@pytest.mark.parametrize("conversations", [6, 10])
def test_sign_flips_reject_alike_systems_no_more_than_they_say(conversations: int) -> None:
    """Two systems alike on average, though each conversation may suit one of them better.

    With ten conversations p <= 0.05 is nearly a twentieth of all flips; with six it is 2 of 64.
    """
    rng = np.random.default_rng(2)
    sums = rng.normal(0, np.linspace(0.5, 2, conversations), (SETS, conversations))
    p_values = [sign_flip_p(row) for row in sums.tolist()]
    rejected = sum(p is not None and p <= 0.05 for p in p_values) / SETS
    greatest = 0.05 if conversations == 10 else 2 / 64
    assert greatest - 4 * ERROR < rejected <= greatest + 3 * ERROR


def test_sign_flips_find_a_difference_of_the_size_that_is_detectable() -> None:
    """A difference of (t(0.975; 9) + t(0.8; 9)) standard errors, 2.262 + 0.883, in 4 of 5 cases."""
    rng = np.random.default_rng(3)
    sums = rng.normal((2.262 + 0.883) / sqrt(10), 1, (SETS, 10))
    p_values = [sign_flip_p(row) for row in sums.tolist()]
    found = sum(p is not None and p <= 0.05 for p in p_values) / SETS
    assert found == pytest.approx(0.8, abs=0.05)


@pytest.mark.slow
def test_the_alarm_is_quiet_where_no_conversation_differs() -> None:
    """The first condition alone would fire in 5 of 100 sets on each side, above and below."""
    fired = 0
    for row in right_answers(4, spread=0.04)[:1000].tolist():
        values = {
            str(c): [1.0] * k + [0.0] * (n - k)
            for c, (k, n) in enumerate(zip(row, SIZES, strict=True))
        }
        fired += bool(far_conversations(values))
    assert fired / 1000 < 0.05

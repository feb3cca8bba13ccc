"""The smallest difference to believe: by hand, and in simulation of two equal systems."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import t  # type: ignore[import-untyped]

from locomo_vqa.statistics.believable import believable_between_runs, believable_difference
from locomo_vqa.statistics.intervals import ClusteredMean
from locomo_vqa.statistics.noise import RunNoise, Scored, split_noise


def mean(error: float, clusters: int = 10) -> ClusteredMean:
    return ClusteredMean(mean=0.0, error=error, clusters=clusters)


def test_conversations_alone_give_a_lower_limit() -> None:
    found = believable_difference(mean(1.0), None, None)
    assert found.value == pytest.approx(2.262, abs=1e-3)  # Student's t, 9 degrees, table.
    assert found.at_least and found.runs == (1, 1) and not found.borrowed
    assert not found.covers(2.3) and found.covers(-2.2)


def test_runs_are_added_as_squares() -> None:
    # Variance 1 in 3 runs each: error 2/3, Welch's degrees 2 + 2 = 4, t = 2.776.
    three = RunNoise(variance=1.0, runs=3)
    found = believable_difference(mean(1.0), three, three)
    assert found.value == pytest.approx(sqrt(2.262**2 + 2.776**2 * 2 / 3), abs=2e-3)
    assert not found.at_least


def test_a_single_run_borrows_the_noise_of_the_other_side() -> None:
    # Variance 1 for 3 runs and 1 run: error 1/3 + 1, 2 degrees, t = 4.303.
    found = believable_difference(None, RunNoise(variance=1.0, runs=3), None)
    assert found.borrowed and not found.conversations
    assert found.value == pytest.approx(4.303 * sqrt(4 / 3), abs=1e-3)


def test_one_conversation_and_one_run_say_nothing() -> None:
    found = believable_difference(None, None, None)
    assert found.value is None and found.covers(100.0)


def test_equal_runs_have_no_noise() -> None:
    none = RunNoise(variance=0.0, runs=2)
    assert believable_difference(None, none, none).value == 0.0


def test_no_two_of_three_runs_differ_by_more_than_may_be_believed() -> None:
    # The widest of three runs are at most 2 standard deviations apart: -1, 0, 1.
    noise = RunNoise(variance=1.0, runs=3)
    found = believable_between_runs(noise)
    assert found == pytest.approx(t.ppf(0.975, 2) * sqrt(2))
    assert found > 2


@pytest.mark.parametrize(("first", "second"), [(3, 3), (3, 1), (2, 2), (5, 3)])
@pytest.mark.parametrize("whole", [0.0, 0.1, 1.0])
def test_equal_systems_seldom_differ_by_more(first: int, second: int, whole: float) -> None:
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(400):
        tables = [
            rng.normal(0, whole, (count, 1)) + rng.normal(0, 0.3, (count, 10))
            for count in (first, second)
        ]
        tables[0] = tables[0] + rng.normal(0, 0.2, 10)
        by_conversation = tables[1].mean(axis=0) - tables[0].mean(axis=0)
        noise = [
            RunNoise(variance=float(one.mean(axis=1).var(ddof=1)), runs=len(one))
            if len(one) > 1
            else None
            for one in tables
        ]
        error = float(by_conversation.std(ddof=1)) / sqrt(10)
        found = believable_difference(mean(error), *noise)
        wrong += not found.covers(float(by_conversation.mean()))
    assert wrong / 400 <= 0.07  # 5 %, and two standard errors of 400 trials.


def test_single_runs_vary_by_their_answering_too() -> None:
    # Two memories, each asked twice: means 0.5 and 0.5, single runs 0.4 and 0.6. The variance in
    # a memory is 0.02, with 2 degrees; half of it is in the memories' means already.
    scored = [
        Scored(memory=memory, answers=f"{memory}{value}", values={"q": value})
        for memory in "ab"
        for value in (0.4, 0.6)
    ]
    noise = split_noise(scored, {"q": "one"}, judged=False).between
    assert noise is not None and noise.runs == 2
    assert noise.variance == pytest.approx(0)
    assert (noise.within, noise.within_degrees) == (pytest.approx(0.01), 2)
    assert believable_between_runs(noise) == pytest.approx(4.303 * sqrt(2 * 0.01), abs=1e-3)
    borrowed = believable_difference(None, noise, None)
    assert borrowed.value == pytest.approx(4.303 * sqrt(0.01), abs=1e-3)
    # Both sides' means over their runs vary by no more than their memories' means do.
    assert believable_difference(None, noise, noise).value == pytest.approx(0)

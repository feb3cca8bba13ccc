"""Separating many systems, compared with the plainest way to do the same."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from locomo_vqa.statistics.many_systems import Separation, separate
from locomo_vqa.statistics.paired import sign_flip_p

Pairs = set[tuple[int, int]]


def separated_pairs(found: Separation) -> Pairs:
    """Return the pairs of rows that are separated."""
    order, ends = found.order, found.ends
    return {
        (min(order[i], order[j]), max(order[i], order[j]))
        for i in range(len(order))
        for j in range(ends[i], len(order))
    }


def pairs_by_hand(sums: NDArray[np.float64], level: float = 0.05) -> Pairs:
    """Apply the definition: all sign combinations, all pairs, stepwise, without any shortcut."""
    apart: Pairs = set()
    differences = {
        (i, j): (sums[i] - sums[j]).tolist() for i, j in combinations(range(len(sums)), 2)
    }
    flips = list(product((1, -1), repeat=sums.shape[1]))
    while True:
        left = {pair: d for pair, d in differences.items() if pair not in apart}
        widest = [
            max(abs(sum(s * x for s, x in zip(flip, d, strict=True))) for d in left.values())
            for flip in flips
            if left
        ]
        new = {
            pair
            for pair, d in left.items()
            if sum(w >= abs(sum(d)) - 1e-6 for w in widest) <= level * len(flips)
        }
        if not new:
            return apart
        apart |= new


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_all_sign_flips_of_all_pairs_give(seed: int) -> None:
    rng = np.random.default_rng(seed)
    systems, conversations = int(rng.integers(2, 8)), int(rng.integers(6, 9))
    levels = rng.integers(0, 4, systems)[:, None] * rng.choice([5, 15])
    sums = np.round(levels + rng.normal(0, 4, (systems, conversations)))
    found = separate(sums)
    assert found is not None
    assert separated_pairs(found) == pairs_by_hand(sums)


@pytest.mark.parametrize("conversations", [6, 7, 10, 12])
def test_two_systems_are_separated_exactly_if_their_paired_test_says_so(
    conversations: int,
) -> None:
    """Sums of small whole numbers are often equal, so ties of totals are tried as well."""
    rng = np.random.default_rng(conversations)
    said = set()
    for _ in range(150):
        sums = rng.integers(0, 9, (2, conversations)) + rng.integers(0, 6, (2, 1))
        found, p = separate(sums), sign_flip_p((sums[0] - sums[1]).tolist())
        assert found is not None and p is not None
        assert found.separated == (p <= 0.05)
        said.add(p <= 0.05)
    assert said == {True, False}


def test_ten_conversations_separate_twenty_systems_where_holm_never_could() -> None:
    """The smallest p-value of sign flips, 2 / 1024, times 190 pairs is above 0.05."""
    rng = np.random.default_rng(5)
    sums = 10.0 * np.arange(20)[:, None] + rng.normal(0, 3, (20, 10))
    found = separate(sums)
    assert found is not None
    assert found.separated > 100
    assert found.order == tuple(range(19, -1, -1))


def test_who_lies_between_two_that_are_tied_is_tied_with_both() -> None:
    rng = np.random.default_rng(6)
    sums = 2.0 * np.arange(30)[:, None] + rng.normal(0, 4, (30, 10))
    found = separate(sums)
    assert found is not None
    totals = sums.sum(axis=1)[list(found.order)]
    for place, (start, end) in enumerate(zip(found.starts, found.ends, strict=True)):
        near = np.flatnonzero(np.abs(totals - totals[place]) <= found.distance)
        assert near.tolist() == list(range(start, end))


def test_equal_systems_are_tied_and_keep_their_order() -> None:
    found = separate(np.ones((3, 10)))
    assert found is not None
    assert (found.order, found.ends, found.starts) == ((0, 1, 2), (3, 3, 3), (0, 0, 0))
    assert found.separated == 0


def test_numbers_stored_with_seven_digits_change_nothing() -> None:
    """Two systems swap their values in half of the conversations, so their totals are equal."""
    values = np.random.default_rng(1).random((2, 10))
    values[:, 5:] = values[::-1, :5]
    exact, stored = separate(values), separate(values.astype(np.float32))
    assert exact is not None and stored is not None
    assert exact.separated == stored.separated == 0


def test_many_conversations_are_drawn_and_give_the_same_every_time() -> None:
    rng = np.random.default_rng(2)
    sums = 10.0 * np.arange(4)[:, None] + rng.normal(0, 5, (4, 40))
    first, again = separate(sums), separate(sums)
    assert first is not None and first == again
    assert first.separated == 6


@pytest.mark.parametrize("conversations", [1, 2, 5])
def test_fewer_than_six_conversations_separate_nothing(conversations: int) -> None:
    assert separate(np.arange(2.0 * conversations).reshape(2, -1)) is None


def test_one_system_or_none_has_no_pairs() -> None:
    for count in (0, 1):
        found = separate(np.ones((count, 8)))
        assert found is not None
        assert (len(found.order), found.separated) == (count, 0)


def test_sums_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite sum"):
        separate([[1.0] * 6, [float("nan")] * 6])


def test_equal_systems_are_rarely_called_different() -> None:
    """Of 400 boards of ten equal systems, at most 5 % call any pair different; 20 are expected.

    A binomial of 400 at 0.05 is above 33 with a chance of 0.2 %.
    """
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(400):
        found = separate(rng.normal(0, 4, (10, 10)) + rng.normal(0, 9, (1, 10)))
        assert found is not None
        wrong += found.separated > 0
    assert wrong <= 33

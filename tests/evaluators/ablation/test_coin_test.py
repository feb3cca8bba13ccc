"""The exact test is compared with a list of all sign combinations."""

from __future__ import annotations

import random
from itertools import product

import pytest

from locomo_vqa.evaluators.ablation.certificate import LEAST_IMAGES, LEVEL
from locomo_vqa.evaluators.ablation.coin_test import coin_test


def test_it_counts_all_sign_combinations() -> None:
    drawn = random.Random(7)
    for _ in range(60):
        differences = [drawn.randint(-4, 4) for _ in range(drawn.randint(0, 8))]
        sums = [
            sum(sign * abs(each) for sign, each in zip(signs, differences, strict=True))
            for signs in product((1, -1), repeat=len(differences))
        ]
        share = sum(each >= sum(differences) for each in sums) / len(sums)
        assert coin_test(differences) == pytest.approx(share, abs=1e-12)


def test_eight_images_are_the_least_that_can_prove_anything() -> None:
    assert coin_test([1] * 8) == 1 / 2**8 < LEVEL < coin_test([9] * 7)
    assert LEAST_IMAGES == 8
    assert coin_test([0, 0]) == coin_test([]) == 1
    assert coin_test([-1] * 7) == 1


def test_many_images_take_no_list_of_combinations() -> None:
    """Of 2,000 coins, the sum is at least 100 (1,050 heads) with the binomial's probability."""
    from scipy.stats import binom

    assert coin_test([1] * 1050 + [-1] * 950) == pytest.approx(binom.sf(1049, 2000, 0.5))

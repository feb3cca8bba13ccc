"""Wilson's interval, against the closed formula and figures worked out by hand."""

from __future__ import annotations

from math import sqrt

import pytest

from locomo_vqa.intervals import wilson_interval

Z = 1.959963984540054


@pytest.mark.parametrize(("successes", "n"), [(3, 10), (1, 36), (17, 250)])
def test_it_equals_the_closed_formula(successes: int, n: int) -> None:
    share, z2 = successes / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    expected = (middle - reach, middle + reach)
    assert wilson_interval(successes, n) == pytest.approx(expected, abs=1e-12)


def test_none_of_ninety_may_still_be_four_percent() -> None:
    """The upper end is z^2 / (n + z^2) = 3.8415 / 93.8415."""
    low, high = wilson_interval(0, 90)
    assert low == 0
    assert high == pytest.approx(0.04094, abs=1e-5)


def test_all_of_ten_may_still_be_seventy_two_percent() -> None:
    """The lower end is n / (n + z^2) = 10 / 13.8415."""
    assert wilson_interval(10, 10) == pytest.approx((0.72247, 1.0), abs=1e-5)


@pytest.mark.slow
def test_it_equals_scipy_s_own_to_the_last_bit() -> None:
    from scipy.stats import binomtest

    for level in (0.9, 0.95):
        for n in (1, 2, 7, 60, 536):
            for successes in range(n + 1):
                own = binomtest(successes, n).proportion_ci(level, method="wilson")
                assert wilson_interval(successes, n, level) == (own.low, own.high)


@pytest.mark.parametrize(("successes", "n", "level"), [(0, 0, 0.9), (3, 2, 0.9), (-1, 2, 0.9)])
def test_what_is_not_a_share_has_no_interval(successes: int, n: int, level: float) -> None:
    with pytest.raises(ValueError, match="no interval"):
        wilson_interval(successes, n, level)

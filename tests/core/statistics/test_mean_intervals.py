"""Intervals of means and of paired differences: by hand, with scipy's logit and t."""

from __future__ import annotations

from math import inf, nan, sqrt

import pytest
from scipy.special import expit, logit  # type: ignore[import-untyped]
from scipy.stats import binomtest, t  # type: ignore[import-untyped]

from locomo_vqa.statistics.mean_intervals import (
    NO_DIFFERENCE,
    difference_interval,
    mean_interval,
)


def right(*groups: tuple[int, int]) -> dict[str, list[float]]:
    """Return clusters with the given numbers of right answers and of questions."""
    return {str(c): [1.0] * k + [0.0] * (n - k) for c, (k, n) in enumerate(groups)}


def ends(interval: object) -> tuple[float, float]:
    assert interval is not None
    return interval.low, interval.high  # type: ignore[attr-defined]


def test_half_a_question_on_each_side_of_the_logit() -> None:
    # 6 of 30: residual sums 1 - 2, 2 - 2, 3 - 2; s = sqrt(3/2 * 2) / 30; the centre is 6.5 of 31.
    interval = mean_interval(right((1, 10), (2, 10), (3, 10)))
    assert interval is not None
    centre = 6.5 / 31
    reach = t.ppf(0.975, 2) * sqrt(3 / 2 * 2) / 30 / (centre * (1 - centre))
    expected = expit(logit(centre) - reach), expit(logit(centre) + reach)
    assert ends(interval) == pytest.approx(expected, rel=1e-9)
    assert (interval.level, interval.clusters) == (0.95, 3)
    assert interval.method == "clustered-t on the logit scale"


def test_right_and_wrong_exchanged_mirror_the_interval() -> None:
    few = mean_interval(right((1, 40), (0, 50), (3, 45)))
    many = mean_interval(right((39, 40), (50, 50), (42, 45)))
    low, high = ends(few)
    assert ends(many) == pytest.approx((1 - high, 1 - low))


def test_graded_values_add_the_share_of_half_a_question_that_their_variance_has() -> None:

    values = {"a": [0.2, 0.6, 0.0, 0.8], "b": [0.2, 0.6, 0.0, 0.8], "c": [0.7] * 4}
    # Sum 1.6 + 1.6 + 2.8 = 6 of 12: mean 0.5; squares 2 * (.09 + .01 + .25 + .09) + 4 * .04 = 1.04.
    share = 1.04 / 12 / 0.25
    centre = (6 + share / 2) / (12 + share)
    # Residual sums 1.6 - 2, 1.6 - 2, 2.8 - 2.
    error = sqrt(3 / 2 * (0.16 + 0.16 + 0.64)) / 12
    reach = t.ppf(0.975, 2) * error / (centre * (1 - centre))
    assert ends(mean_interval(values)) == pytest.approx(
        (expit(logit(centre) - reach), expit(logit(centre) + reach)), rel=1e-9
    )


def test_another_range_is_the_same_interval_scaled() -> None:
    plain = mean_interval(right((1, 10), (2, 10), (3, 10)))
    scaled = {c: [3 * v - 1 for v in vs] for c, vs in right((1, 10), (2, 10), (3, 10)).items()}
    low, high = ends(plain)
    assert ends(mean_interval(scaled, lowest=-1, highest=2)) == pytest.approx(
        (3 * low - 1, 3 * high - 1)
    )


@pytest.mark.parametrize(("k", "n"), [(0, 45), (45, 45), (20, 40)])
def test_clusters_with_one_mean_have_wilson_s_interval(k: int, n: int) -> None:
    interval = mean_interval(right((k, n), (k, n)))
    assert interval is not None
    expected = binomtest(2 * k, 2 * n).proportion_ci(0.95, method="wilson")
    assert ends(interval) == pytest.approx((expected.low, expected.high))
    assert interval.method == NO_DIFFERENCE


def test_clusters_that_hardly_differ_keep_a_quarter_of_the_width_of_independent_answers() -> None:
    # 2 of 99: the clusters differ by 1 in 2,450, and t(1) times that is a tenth of this.
    centre = 2.5 / 100
    reach = 0.25 * 1.959963985 * sqrt(2 / 99 * 97 / 99 / 99) / (centre * (1 - centre))
    assert ends(mean_interval(right((1, 50), (1, 49)))) == pytest.approx(
        (expit(logit(centre) - reach), expit(logit(centre) + reach))
    )


def test_values_beyond_the_range_by_rounding_are_at_its_end() -> None:
    beyond = {"a": [1.0 + 1e-7, 0.5], "b": [0.0, 0.0]}
    assert ends(mean_interval(beyond)) == ends(mean_interval({"a": [1.0, 0.5], "b": [0.0, 0.0]}))


@pytest.mark.parametrize("values", [{}, {"a": [1.0, 0.0]}, {"a": [1.0], "b": []}])
def test_fewer_than_two_clusters_have_no_interval(values: dict[str, list[float]]) -> None:
    assert mean_interval(values) is None
    assert difference_interval(values) is None


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_out_of_range_is_refused(level: float) -> None:
    for interval in (mean_interval, difference_interval):
        with pytest.raises(ValueError, match="between 0 and 1"):
            interval({"a": [1.0], "b": [0.0]}, level=level)


@pytest.mark.parametrize("value", [nan, inf])
def test_a_value_that_is_not_finite_is_refused(value: float) -> None:
    for interval in (mean_interval, difference_interval):
        with pytest.raises(ValueError, match="finite"):
            interval({"a": [1.0, value], "b": [0.0]})


def test_differences_of_clusters_of_one_size_have_the_t_interval_of_their_means() -> None:
    # Means 0.5, 1 and 0: mean 0.5, standard deviation 0.5.
    interval = difference_interval({"a": [1, 0], "b": [1, 1], "c": [0, 0]})
    assert interval is not None
    reach = t.ppf(0.975, 2) * 0.5 / sqrt(3)
    assert ends(interval) == pytest.approx((0.5 - reach, 0.5 + reach))
    assert (interval.level, interval.method, interval.clusters) == (0.95, "clustered-t", 3)


def test_differences_of_clusters_of_different_sizes_by_hand() -> None:
    # 4 values, mean 0.75. Sums of deviations: a 3 * 0.25, b -0.75. Variance: 2 * 1.125 / 16.
    interval = difference_interval({"a": [1, 1, 1], "b": [0]}, level=0.9)
    reach = t.ppf(0.95, 1) * sqrt(2 * (0.75**2 + 0.75**2) / 16)
    assert ends(interval) == pytest.approx((0.75 - reach, 0.75 + reach))


def test_a_difference_is_not_larger_than_it_can_be() -> None:
    interval = difference_interval({"a": [1, 1, 1], "b": [0]}, width=1)
    assert interval is not None
    assert ends(interval) == (-1, 1)
    assert interval.method == "clustered-t, truncated to the range"


@pytest.mark.parametrize(
    ("each", "low", "high"),
    # z^2 / (90 + z^2) = 3.8415 / 93.8415 = 4.0936 % may be others, as far away as possible.
    [(0.0, -4.0936, 4.0936), (100.0, 91.8128, 100.0), (-50.0, -52.0468, -43.8596)],
)
def test_differences_that_are_all_the_same_are_not_certain(
    each: float, low: float, high: float
) -> None:
    interval = difference_interval({"a": [each] * 50, "b": [each] * 40}, width=100)
    assert interval is not None
    assert ends(interval) == pytest.approx((low, high), abs=1e-3)
    assert interval.method == NO_DIFFERENCE


def test_clusters_alike_in_their_differences_keep_a_quarter_of_the_width_of_independent_ones() -> (
    None
):
    # Four differences of 1 or -1 in each cluster, mean 0, standard deviation 1, eight of them.
    alike = {"a": [1.0, -1.0, 1.0, -1.0], "b": [1.0, 1.0, -1.0, -1.0]}
    reach = 0.25 * 1.959963985 / sqrt(8)
    assert ends(difference_interval(alike, width=1)) == pytest.approx((-reach, reach))

from __future__ import annotations

from math import nan, sqrt

import pytest
from scipy.stats import t  # type: ignore[import-untyped]

from locomo_vqa.evaluators.statistics.intervals import clustered_interval, student_t_quantile

PROBABILITIES = (0.0001, 0.001, 0.025, 0.05, 0.3, 0.499, 0.6, 0.9, 0.95, 0.975, 0.995, 0.9999)


@pytest.mark.parametrize("df", range(1, 101))
def test_quantiles_equal_scipy(df: int) -> None:
    for p in PROBABILITIES:
        assert student_t_quantile(p, df) == pytest.approx(t.ppf(p, df), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("p", "df", "expected"),
    [(0.975, 1, 12.706), (0.975, 9, 2.262), (0.95, 5, 2.015), (0.995, 30, 2.750), (0.5, 3, 0.0)],
)
def test_quantiles_of_the_printed_tables(p: float, df: int, expected: float) -> None:
    assert student_t_quantile(p, df) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(("p", "df"), [(0.0, 3), (1.0, 3), (nan, 3), (0.5, 0), (0.5, -1)])
def test_quantiles_refuse_what_is_none(p: float, df: int) -> None:
    with pytest.raises(ValueError, match="0"):
        student_t_quantile(p, df)


def test_clusters_of_one_size_give_the_t_interval_of_their_means() -> None:
    # Means 0.5, 1 and 0: mean 0.5, standard deviation 0.5.
    interval = clustered_interval({"a": [1, 0], "b": [1, 1], "c": [0, 0]})
    assert interval is not None
    reach = t.ppf(0.975, 2) * 0.5 / sqrt(3)
    assert interval.low == pytest.approx(0.5 - reach)
    assert interval.high == pytest.approx(0.5 + reach)
    assert (interval.level, interval.method, interval.clusters) == (0.95, "clustered-t", 3)


def test_clusters_of_different_sizes_by_hand() -> None:
    # 4 values, mean 0.75. Sums of deviations: a 3 * 0.25, b -0.75. Variance: 2 * 1.125 / 16.
    interval = clustered_interval({"a": [1, 1, 1], "b": [0]}, level=0.9)
    assert interval is not None
    reach = t.ppf(0.95, 1) * sqrt(2 * (0.75**2 + 0.75**2) / 16)
    assert interval.low == pytest.approx(0.75 - reach)
    assert interval.high == pytest.approx(0.75 + reach)


def test_equal_means_in_every_cluster_leave_no_width() -> None:
    interval = clustered_interval({"a": [1, 0], "b": [0, 1]})
    assert interval is not None
    assert (interval.low, interval.high) == (0.5, 0.5)


@pytest.mark.parametrize("values", [{}, {"a": [1.0, 0.0]}, {"a": [1.0], "b": []}])
def test_fewer_than_two_clusters_have_no_interval(values: dict[str, list[float]]) -> None:
    assert clustered_interval(values) is None


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        clustered_interval({"a": [1.0], "b": [0.0]}, level=level)


def test_a_value_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        clustered_interval({"a": [1.0, nan], "b": [0.0]})

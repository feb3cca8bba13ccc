from __future__ import annotations

from math import nan

import pytest
from scipy.stats import t  # type: ignore[import-untyped]

from locomo_vqa.statistics.intervals import student_t_quantile

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

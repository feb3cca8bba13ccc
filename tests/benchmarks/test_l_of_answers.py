"""The arithmetic behind the paper's L: by hand, and by the figures that its tables print."""

from __future__ import annotations

import pytest

from benchmarks.l_of_answers import blank_shares, mixture, paper_line


def test_half_of_the_answers_blank_halve_l() -> None:
    assert blank_shares(40.0, 100.0, 20.0, 0.0) == (50.0, 50.0)
    assert mixture(100.0, 20.0, 25.0) == 40.0


def test_right_answers_leave_less_for_the_others() -> None:
    """10 of 100 answers with L 100 give 10; 25 more with L 40 give 20 in all; 65 are blank."""
    assert blank_shares(40.0, 100.0, 20.0, 10.0) == (50.0, 65.0)


def test_no_blank_answer_is_needed_where_l_is_not_above_the_figure() -> None:
    assert blank_shares(10.0, 50.0, 13.7, 9.0) == (0.0, 0.0)


def test_the_papers_l_begins_near_eleven() -> None:
    rows, slope, start, correlation = paper_line()
    assert rows == 23
    assert (slope, start) == pytest.approx((0.679, 11.37), abs=0.01)
    assert correlation == pytest.approx(0.930, abs=0.001)

"""Which metrics the board has."""

from __future__ import annotations

from locomo_vqa.leaderboard.results import BOARD_METRICS


def test_the_board_has_v_but_not_v_with_numbers_as_digits() -> None:
    assert "v" in BOARD_METRICS
    assert "v_numbers" not in BOARD_METRICS

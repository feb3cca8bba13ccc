"""Ranks of submissions on the sample, whose ten conversations are enough for them."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest

import locomo_vqa as lv
from locomo_vqa.leaderboard.board import read_board
from locomo_vqa.leaderboard.records.results_csv import results_csv
from locomo_vqa.leaderboard.results import result_rows
from locomo_vqa.leaderboard.summary import summary_rows
from locomo_vqa.statistics.paired import sign_flip_p
from tests.leaderboard.test_sample_entries import GOLD, HONEST, submit

pytestmark = pytest.mark.slow


def right(share: float, seed: int) -> dict[str, str]:
    """Return answers of which about a share is the gold answer."""
    rng = random.Random(seed)
    return {name: GOLD[name] if rng.random() < share else HONEST[name] for name in GOLD}


def test_ranks_follow_from_the_paired_tests_of_the_values(tmp_path: Path) -> None:
    shares = {"good": 0.5, "same": 0.5, "bad": 0.2}
    for seed, (name, share) in enumerate(shares.items()):
        submit(tmp_path, name, right(share, seed))
    board = lv.verify(tmp_path / "board", benchmark="sample", progress=False)
    assert read_board(tmp_path / "board").rankings == board.rankings
    frame = board.question_scores().to_pandas()
    sums = frame.groupby(["entry", "conversation"], observed=True)["v"].sum().unstack()
    names = {name: f"{name}__none/2026-08-31" for name in shares}

    def p_value(first: str, second: str) -> float:
        p = sign_flip_p((sums.loc[names[first]] - sums.loc[names[second]]).tolist())
        assert p is not None
        return p

    assert p_value("good", "bad") <= 0.05 / 3 and p_value("same", "bad") <= 0.05 / 3
    assert p_value("good", "same") > 0.05
    entries = board.rankings["all"]["v"]["entries"]
    found = {name: (entries[full]["rank"], entries[full]["group"]) for name, full in names.items()}
    assert found == {"good": ([1, 2], "a"), "same": ([1, 2], "a"), "bad": ([3, 3], "b")}
    rows = {
        row["system"]: row
        for row in csv.DictReader(io.StringIO(results_csv(result_rows(board, board.rankings))))
    }
    assert (rows["same"]["v_rank_low"], rows["same"]["v_rank_high"]) == ("1", "2")
    assert (rows["bad"]["v_group"], rows["bad"]["table"], rows["bad"]["standing"]) == (
        *("b", "all", "current"),
    )
    assert [row[3].partition(" ")[2] for row in summary_rows(board, board.rankings)] == [
        *("#3", "#1–2", "#1–2")
    ]


def test_a_withdrawn_entry_takes_no_rank(tmp_path: Path) -> None:
    submit(tmp_path, "good", right(0.6, 1))
    submit(tmp_path, "bad", right(0.2, 2))
    lv.record_event(
        tmp_path / "board" / "good__none" / "2026-08-31",
        event="withdrawn",
        who="ada@example.org",
        why="It had the answers.",
    )
    board = lv.verify(tmp_path / "board", benchmark="sample", progress=False)
    assert board.rankings["all"]["v"]["entries"] == {
        "bad__none/2026-08-31": {"rank": [1, 1], "group": "a", "comparison": 0}
    }
    assert [row[1] for row in summary_rows(board, board.rankings)] == ["rescored", "withdrawn"]
    assert board["good__none/2026-08-31"].value("v") is not None

"""A on the board: recomputed from the answers, with its column and its ranks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.leaderboard.results import BOARD_METRICS, result_rows


class Never:
    """Answers every question."""

    version = "1"
    text = "red"

    def open(self, conversation: Any, workdir: Any, services: Any) -> None: ...

    def add(self, turns: Any) -> None: ...

    def answer(self, question: str, *, now: Any) -> str:
        return self.text


class Always(Never):
    """Declines every question."""

    text = "That was never mentioned."


class Twins(Always):
    """Declines every question, and is asked about images that were never shared."""


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("abstention")
    for system in (Never, Always, Twins):
        run = lv.run(
            lambda system=system: system(),
            benchmark="sample",
            out=folder / system.__name__,
            split="all",
            visual="recalled",
            twins=system is Twins,
            progress=False,
        )
        lv.submit(
            run,
            to=folder / "entries",
            name=system.__name__,
            contact="ada@example.org",
            trained_on_locomo=False,
            date=date(2026, 1, 2),
        )
    return lv.verify(folder / "entries", benchmark="sample")


@pytest.mark.slow
def test_a_is_recomputed_and_has_a_column(board: Any) -> None:
    assert "a" in BOARD_METRICS
    assert {entry.state for entry in board.entries} == {"rescored"}
    rows = {row["system"]: row for row in result_rows(board.entries, board.rankings)}
    assert {name: row["scores"]["a"]["value"] for name, row in rows.items()} == dict.fromkeys(
        ("Never", "Always", "Twins"), 0
    )
    by_name = {entry.metadata["system"]["name"]: entry for entry in board.entries}
    assert by_name["Always"].scores["abstention"]["kinds"]["text"]["nothing"]["n"] == 50
    assert by_name["Twins"].scores["abstention"]["kinds"]["visual"]["nothing"]["n"] == 336
    assert rows["Never"]["scores"]["f1"]["n"] == 142


@pytest.mark.slow
def test_entries_with_and_without_twins_are_ranked_apart(board: Any) -> None:
    ranking = board.rankings["all"]["a"]
    sizes = sorted((len(one["entries"]), one["questions"]) for one in ranking["comparisons"])
    assert sizes == [(1, 142 + 50 + 452 + 336), (2, 142 + 50)]
    assert {tuple(each["rank"]) for each in ranking["entries"].values()} == {(1, 1), (1, 2)}


@pytest.mark.slow
def test_the_values_of_every_question_are_kept_and_read_again(board: Any) -> None:
    table = board.question_scores().to_pandas()
    assert len(table) == 3 * (142 + 50 + 452) + 336
    twins = table[table.question_id.astype(str).str.contains("/twin/")]
    assert twins.entry.nunique() == 1
    assert twins.v.isna().all()
    declined = table[(table.state == "ok") & (table.a != 0) & table.a.notna()]
    assert len(declined) == (142 + 50) + (142 + 50 + 452 + 336)

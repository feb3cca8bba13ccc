"""`.eval_results`: one value a task and system, and nothing that is not one of these tasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.builders.publishing.eval_yaml import TASKS as PUBLISHED_TASKS
from locomo_vqa.errors import InputError
from locomo_vqa.leaderboard import export_eval_results
from locomo_vqa.leaderboard.board import Board
from locomo_vqa.leaderboard.cli.leaderboard import leaderboard
from locomo_vqa.leaderboard.exports.eval_results import TASKS
from locomo_vqa.leaderboard.verification.verify import verify
from locomo_vqa.scores import Scorer

Submit = Callable[..., Path]
RED = "conv-1/v/D1:1/colour"


@pytest.fixture
def board(submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer) -> Board:
    """A system twice, and one over all conversations."""
    submitted(system="good", answers={RED: "x"})
    submitted(system="good", day=date(2026, 9, 1))
    submitted(system="wide", split="all")
    return verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)


def test_the_tasks_are_those_of_eval_yaml() -> None:
    assert set(TASKS) == {task for task, _ in PUBLISHED_TASKS}


def test_the_newest_entry_counts(board: Board, tmp_path: Path) -> None:
    written, left_out = export_eval_results(
        board,
        dataset="org/locomo-vqa",
        out=tmp_path,
        revision="0" * 40,
        url="https://example.org/board",
        name="LoCoMo-VQA",
    )
    assert written == [tmp_path / "good__tiny-1/.eval_results/locomo-vqa.yaml"]
    [value] = yaml.safe_load(written[0].read_text(encoding="utf-8"))
    assert value["dataset"] == {"id": "org/locomo-vqa", "task_id": "v", "revision": "0" * 40}
    assert (value["value"], str(value["date"])) == (100, "2026-09-01")
    assert value["source"] == {"url": "https://example.org/board", "name": "LoCoMo-VQA"}
    assert "rescored by the board" in value["notes"]
    assert [(each.entry, each.task) for each in left_out] == [("wide__tiny-1/2026-08-31", None)]


def test_an_older_entry_can_be_named(board: Board, tmp_path: Path) -> None:
    [path], _ = export_eval_results(
        board, dataset="org/d", out=tmp_path, entries=["good__tiny-1/2026-08-31"]
    )
    [value] = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert value["value"] == 50


def test_v_of_recalled_images_is_another_task(
    submitted: Submit, submissions: Path, benchmark: Benchmark, scorer: Scorer, tmp_path: Path
) -> None:
    submitted(system="memory", visual_handling="recalled")
    board = verify(submissions, benchmark=benchmark, scorer=scorer, progress=False)
    written, [left_out] = export_eval_results(board, dataset="org/d", out=tmp_path)
    assert (written, left_out.task) == ([], "v")
    arguments = ["export", "eval-results", str(board.folder), "--dataset", "org/d"]
    result = CliRunner().invoke(
        leaderboard, [*arguments, "--out", str(tmp_path / "no")], standalone_mode=False
    )
    assert result.return_value == 1
    assert not (tmp_path / "no").exists()
    assert left_out.reason == "V of recalled images is not the task V."


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"dataset": "locomo"}, "`dataset` must be org/name"),
        ({"dataset": "../x"}, "`dataset` must be org/name"),
        ({"dataset": "a/b", "revision": "main"}, "`revision` must be a commit"),
        ({"dataset": "a/b", "url": "javascript:alert(1)"}, "`url` is not a web address"),
        ({"dataset": "a/b", "name": "x"}, "`name` needs `url`"),
    ],
)
def test_wrong_arguments_are_refused(
    board: Board, tmp_path: Path, arguments: dict[str, str], problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        export_eval_results(board, out=tmp_path / "out", **arguments)
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_left_out(board: Board, tmp_path: Path) -> None:
    arguments = ["export", "eval-results", str(board.folder), "--dataset", "org/d"]
    result = CliRunner().invoke(leaderboard, [*arguments, "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        f"Wrote {tmp_path / 'out/good__tiny-1/.eval_results/d.yaml'}",
        "Left out: wide__tiny-1/2026-08-31: The tasks are about the test split; this entry answers "
        "all.",
    ]

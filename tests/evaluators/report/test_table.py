"""scores.parquet: what pandas reads of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from locomo_vqa.errors import OutputError
from locomo_vqa.evaluators.scoring.report import ScoreReport
from locomo_vqa.evaluators.scoring.table import score_columns, write_score_table
from tests.evaluators.report.sheets import ADVERSARIAL, TEXT, VISUAL, sheet_of


def columns_of(report: ScoreReport) -> dict[str, list[Any]]:
    return score_columns(report.benchmark, report.predictions, report.scores.by_question)


def test_a_row_a_question_and_metric(tmp_path: Path) -> None:
    right, wrong = VISUAL[0], VISUAL[1]
    sheet = sheet_of(
        tmp_path,
        {
            right.id: {
                "prediction": right.answer,
                "state": "ok",
                "latency_ms": 12.5,
                "usage": {"input_tokens": 7, "output_tokens": None},
            },
            wrong.id: "a\0\N{RIGHT-TO-LEFT OVERRIDE}b",
            TEXT[0].id: {"prediction": None, "state": "timeout"},
            ADVERSARIAL[0].id: "no idea",
        },
    )
    write_score_table(tmp_path / "scores.parquet", columns_of(sheet))
    table = pd.read_parquet(tmp_path / "scores.parquet")
    assert len(table) == len(VISUAL) + len(TEXT)
    assert list(table.columns) == [
        *("question_id", "conversation", "kind", "category", "type", "split", "question", "gold"),
        *("prediction", "state", "metric", "value", "latency_ms", "input_tokens", "output_tokens"),
    ]
    by_id = table.set_index("question_id")
    first = by_id.loc[right.id]
    assert (first.metric, first.value, first.state) == ("v", 100.0, "ok")
    assert (first.latency_ms, first.input_tokens) == (12.5, 7)
    assert pd.isna(first.output_tokens) and pd.isna(first.category)
    assert (first.kind, first.type, first.gold) == ("visual", right.type, right.answer)
    assert by_id.loc[wrong.id].prediction == "a\0\N{RIGHT-TO-LEFT OVERRIDE}b"
    assert by_id.loc[wrong.id].value == 0.0
    assert by_id.loc[VISUAL[2].id].state == "missing"
    assert pd.isna(by_id.loc[VISUAL[2].id].prediction)
    failed = by_id.loc[TEXT[0].id]
    assert (failed.metric, failed.state, failed.value) == ("f1", "timeout", 0.0)
    assert (failed.category, failed.kind, failed.split) == (TEXT[0].category, "text", "test")
    assert pd.isna(failed.type) and ADVERSARIAL[0].id not in by_id.index
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_no_metric_at_all_is_an_empty_table(tmp_path: Path) -> None:
    write_score_table(tmp_path / "t", columns_of(sheet_of(tmp_path, {ADVERSARIAL[0].id: "x"})))
    table = pd.read_parquet(tmp_path / "t")
    assert len(table) == 0 and "prediction" in table.columns


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="can't be written"):
        write_score_table(tmp_path / "no" / "t", columns_of(sheet_of(tmp_path, {TEXT[0].id: "x"})))

"""Published numbers: they are the sources' own, each with its place, and not entries."""

from __future__ import annotations

import json
import re

import pytest

from locomo_vqa.leaderboard.records.reported import reported_rows
from tests.conftest import SHARED

PAPER = SHARED / "data/paper_tables.json"


def test_each_number_has_a_source() -> None:
    rows = reported_rows()
    assert {row.title.partition(":")[0] for row in rows} >= {"MemLoRA", "Mem0", "MemMachine"}
    for row in rows:
        assert row.url.startswith("https://") and row.table and row.benchmark
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", row.date)
        assert row.metric in ("l", "j", "v") and 0 <= row.value <= 100


def test_a_number_that_everybody_knows() -> None:
    """The abstract of MemLoRA: 81.3 of InternVL3-2B with experts, 23.7 of captions."""
    v = {
        (row.system, row.model): row.value
        for row in reported_rows()
        if row.metric == "v" and row.table == "2"
    }
    assert v["MemLoRA-V", "InternVL3-2B"] == 81.3
    assert v["Mem0 (BLIP captions)", "Gemma2-27B"] == 23.7


@pytest.mark.skipif(not PAPER.exists(), reason="the paper's tables are not here")
def test_the_paper_s_tables_are_complete() -> None:
    paper = json.loads(PAPER.read_text(encoding="utf-8"))
    rows = [row for row in reported_rows() if "2512.04763" in row.url]
    found = {(r.table, r.system, r.model, r.teacher, r.metric): r.value for r in rows}
    expected = {
        (r["table"], r["system"], r["model"], r["teacher"], name.lower()): r[name]
        for r in paper["results"]
        for name in ("L", "J", "V")
        if r[name] is not None
    }
    assert {key: value for key, value in found.items() if key[0] != "4"} == expected
    table_4 = [(r["L"], r["J"]) for r in paper["ablation_table_4"]]
    fourth = [row.value for row in rows if row.table == "4"]
    assert list(zip(fourth[::2], fourth[1::2], strict=True)) == table_4

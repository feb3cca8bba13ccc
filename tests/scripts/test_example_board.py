"""The example of a results repository: its numbers are computed again by another program."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import locomo_vqa as lv
from tests.conftest import ROOT

pytest.importorskip("nltk")


def _script(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"scripts.{name}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.slow
def test_the_example_s_numbers_come_out_again_and_a_changed_one_is_found(tmp_path: Path) -> None:
    lv.run("bm25", benchmark="sample", out=tmp_path / "runs" / "bm25", progress=False)
    out = tmp_path / "example"
    made = _script("make_example_board", out, "--runs", tmp_path / "runs")
    assert made.returncode == 0, made.stderr
    assert [path.suffix for path in sorted((out / "sample/records").rglob("*.json*"))] == [
        ".json",
        ".jsonl",
    ]
    again = _script("recompute", out / "sample")
    assert again.returncode == 0, again.stdout + again.stderr
    assert re.search(r"numbers of 1 entries compared, 0 differ", again.stdout)

    table = out / "sample" / "site" / "results.csv"
    board = json.loads((out / "sample/submissions/board.json").read_text(encoding="utf-8"))
    value = board["entries"][0]["scores"]["metrics"]["f1"]["overall"]["value"]
    text = table.read_text(encoding="utf-8")
    assert str(value) in text
    table.write_text(text.replace(str(value), str(value + 0.01)), encoding="utf-8")
    changed = _script("recompute", out / "sample")
    assert changed.returncode == 1
    assert f"f1: results.csv is {value + 0.01}" in changed.stdout

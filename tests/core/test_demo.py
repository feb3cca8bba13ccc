"""The demo ends with a page, and everything on the way is real."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.conftest import Cli


def test_the_demo(cli: Cli, tmp_path: Path) -> None:
    done = cli("demo", "--out", "demo")
    assert done.returncode == 0, done.stderr
    page = tmp_path / "demo" / "site" / "index.html"
    assert done.stdout.rstrip().endswith(page.as_uri())
    board = json.loads((tmp_path / "demo" / "board" / "board.json").read_text())
    assert [entry["state"] for entry in board["entries"]] == ["rescored"] * 5
    with (page.parent / "results.csv").open(encoding="utf-8") as stream:
        rows = {row["system"]: row for row in csv.DictReader(stream)}
    assert float(rows["bm25"]["f1"]) > float(rows["no-memory"]["f1"])
    v = {name: float(row["v"]) for name, row in rows.items()}
    assert v["embedded-large"] > v["embedded-captions"] + 20, "pixels answer where captions fail"
    assert v["embedded-large"] > v["embedded-small"]
    again = cli("demo", "--out", "demo")
    assert again.returncode == 2
    assert "exists already" in again.stderr

"""Where `score` writes the report and the table, and what the report says of its source."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import OutputError
from locomo_vqa.evaluators.report.page import check_place, write_report
from tests.conftest import Cli, tree
from tests.evaluators.recording import SAMPLE, harness, recorder
from tests.evaluators.report.sheets import TEXT, VISUAL, sheet_of, write_predictions


def data_of(page: Path) -> dict[str, Any]:
    """Return the data inside a report."""
    text = page.read_text(encoding="utf-8")
    (found,) = re.findall(r'id="report-data">(.*?)</script>', text, re.DOTALL)
    data: dict[str, Any] = json.loads(found)
    return data


@pytest.mark.slow
def test_a_run_gets_a_report_and_a_table_that_need_no_other_file(tmp_path: Path, cli: Cli) -> None:
    harness(recorder(), tmp_path / "run").run()
    calls = {"stage": "generate", "model": "m", "input_tokens": 5, "output_tokens": 1}
    (tmp_path / "run" / "calls.jsonl").write_text(json.dumps({**calls, "latency_ms": 2}) + "\n")
    done = cli("score", "run", "--benchmark", "sample", "--metrics", "v,f1")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "scores.parquet").is_file()
    page = tmp_path / "run" / "report.html"
    text = page.read_text(encoding="utf-8")
    outside = re.sub(r'<script type="application/json".*?</script>', "", text, flags=re.DOTALL)
    urls = set(re.findall(r"https?://[^\s\"']+", outside))
    assert urls <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\s(?:src|href)=", outside)
    data = data_of(page)
    facts = dict(data["facts"])
    assert facts["System"] == "own" and facts["Answerer"] == "no model"
    assert facts["Images"].startswith("pixels") and facts["Split"] == "test"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d to .* UTC", facts["Run"])
    assert facts["Revision"] == SAMPLE.revision
    assert data["cost"]["calls"]["groups"][0]["calls"] == 1
    assert [metric["name"] for metric in data["metrics"]] == ["v", "f1"]
    again = cli("score", "run", "--benchmark", "sample", "--metrics", "f1")
    assert again.returncode == 0, again.stderr
    assert [metric["name"] for metric in data_of(page)["metrics"]] == ["f1"]


@pytest.mark.slow
def test_a_file_gets_a_report_where_one_is_asked_for(tmp_path: Path, cli: Cli) -> None:
    write_predictions(tmp_path / "a.jsonl", {q.id: "x" for q in TEXT})
    command = ("score", "a.jsonl", "--benchmark", "sample", "--split", "test", "--metrics", "f1")
    before = tree(tmp_path)
    assert cli(*command).returncode == 0
    assert tree(tmp_path) == before
    done = cli(*command, "--report", "a.html")
    assert done.returncode == 0, done.stderr
    data = data_of(tmp_path / "a.html")
    facts = dict(data["facts"])
    assert data["title"] == "a.jsonl"
    assert facts["System"].startswith("unknown") and "this toolkit's" in facts["Source"]
    (tmp_path / "notes.html").write_text("mine")
    done = cli(*command, "--report", "notes.html")
    assert done.returncode == 2
    assert "is not a report of `locomo-vqa score`" in done.stderr
    assert (tmp_path / "notes.html").read_text() == "mine"


def test_a_place_that_can_t_hold_a_report_is_told(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, {VISUAL[0].id: "x"})
    with pytest.raises(OutputError, match="is a folder"):
        check_place(tmp_path)
    with pytest.raises(OutputError, match="its folder does not exist"):
        write_report(tmp_path / "no" / "report.html", sheet)
    write_report(tmp_path / "report.html", sheet)
    check_place(tmp_path / "report.html")

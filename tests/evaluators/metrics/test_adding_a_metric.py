"""CONTRIBUTING's way to add a metric: a module of its name, and a line in the table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evaluators.recording import SAMPLE

MODULE = """
from locomo_vqa.evaluators.metrics.base import Metric

def first_word(prediction: str, gold: str) -> float:
    return float(prediction.split()[:1] == gold.split()[:1])

METRIC = Metric(name="firstword", signature="firstword:exact", score=first_word)
"""
PROGRAM = """
import sys
from locomo_vqa.evaluators import metrics
from locomo_vqa.metric_names import METRICS, MetricInfo

metrics.__path__.append(sys.argv[1])
METRICS["firstword"] = MetricInfo(title="First word", meaning="answers that begin alike, 0 to 1")

from locomo_vqa.cli import main

main(sys.argv[2:])
"""


@pytest.mark.slow
def test_a_module_and_a_line_are_all_that_it_takes(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "firstword.py").write_text(MODULE)
    questions = [q for q in SAMPLE.text_questions if q.category != 5]
    rows = [{"question_id": q.id, "hypothesis": f"{q.answer} too"} for q in questions]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "metrics"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)

    score = ("score", "a.jsonl", "--benchmark", "sample", "--out", "scores")
    done = call(*score, "--metrics", "firstword")
    assert done.returncode == 0, done.stderr
    assert "First word" in done.stdout and "firstword:exact" in done.stdout
    document = json.loads((tmp_path / "scores" / "scores.json").read_text())
    assert document["metrics"]["firstword"]["overall"]["value"] == 1
    page = (tmp_path / "scores" / "report.html").read_text(encoding="utf-8")
    assert '"label":"First word"' in page and "answers that begin alike, 0 to 1" in page
    assert "bleu1,firstword" in call("score", "--help").stdout.replace("\n", "").replace(" ", "")
    wrong = call(*score, "--metrics", "firstwrd")
    assert "bleu1, firstword, not 'firstwrd'" in wrong.stderr
    assert "Did you mean 'firstword'?" in wrong.stderr
    compared = call("compare", "a.jsonl", "scores", "--benchmark", "sample", "--json")
    assert compared.returncode == 0, compared.stderr
    names = {one["metric"] for one in json.loads(compared.stdout)["comparisons"]}
    assert names == {"firstword"}

"""A finished run: how it shows itself, and the limit of an answer's length."""

from __future__ import annotations

from pathlib import Path

import yaml

from locomo_vqa import worker
from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.runs import MAX_ANSWER_CHARS, Prediction, Run
from tests.conftest import ROOT

INFO = {
    "system": {"name": "<own>", "version": "2"},
    "answerer": {"model": None},
    "dataset": {"id": "sample", "split": "test"},
    "image_handling": "pixels",
}
PREDICTIONS = (
    Prediction(question_id="a", prediction="yes", state="ok"),
    Prediction(question_id="b", prediction="no", state="ok"),
    Prediction(question_id="c", prediction=None, state="timeout"),
)


def test_a_run_shows_itself() -> None:
    run = Run(folder=Path("runs/own"), info=INFO, predictions=PREDICTIONS)
    assert repr(run) == "<Run of <own> in 'runs/own': 2 ok, 1 timeout>"
    shown = run._repr_html_()
    for text in ("&lt;own&gt; 2", "sample, test", "pixels, given", "– timeout", "runs/own"):
        assert text in shown
    assert "<own>" not in shown


def test_the_benchmark_of_a_run_is_no_part_of_its_value() -> None:
    run = Run(folder=Path("own"), info=INFO, predictions=())
    beside = Run(folder=Path("own"), info=INFO, predictions=(), benchmark=load_benchmark("sample"))
    assert run == beside
    assert repr(run) == repr(beside) == "<Run of <own> in 'own': no questions>"


def test_the_limit_of_an_answer_is_the_same_everywhere() -> None:
    """The worker needs the standard library alone, and the HTTP interface is a document."""
    api = yaml.safe_load((ROOT / "docs" / "system-api.yaml").read_text(encoding="utf-8"))
    described = api["components"]["schemas"]["Answer"]["properties"]["text"]["maxLength"]
    assert MAX_ANSWER_CHARS == worker.MAX_ANSWER_CHARS == described == 1_000_000

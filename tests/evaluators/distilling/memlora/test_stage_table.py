"""The rows of a table of stages, as JSON and as a plot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.cli.distill_ablate import stage_cells
from locomo_vqa.evaluators.distilling.memlora.stage_plot import plot_stages
from locomo_vqa.evaluators.distilling.memlora.stage_table import StageRow, ablate_stages


def test_a_row_with_intervals_is_written_and_drawn(tmp_path: Path) -> None:
    """Several conversations have an interval; one has none."""
    questions = [q for q in lv.load_benchmark("sample").text_questions if q.category != 5]
    for split, clusters in (("all", 10), ("validation", None)):
        answers = {q.id: "zzz" if n % 3 else q.answer for n, q in enumerate(questions)}
        report = lv.score(answers, benchmark="sample", split=split, metrics=["f1"], progress=False)
        row = StageRow(stages={"update": "base"}, system="mem0", options={}, report=report)
        found = json.loads(json.dumps(row.to_json()))["scores"]["f1"]
        assert found["value"] == report["f1"].value
        assert (found["interval"] or {}).get("clusters") == clusters
        value, ends = stage_cells(report["f1"])
        assert value == f"{report['f1'].value:.4f}"
        assert (" … " in ends) is (clusters is not None)
        plot_stages([(["base", "expert"], report)], ["f1"], tmp_path / "stages.svg")
        assert "base + expert" in (tmp_path / "stages.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"student": "x"}, "`student` x: is not a model's name"),
        ({"experts": "nowhere"}, "`experts` nowhere: is not a folder"),
        ({"large": "x"}, "`large` x: is not a model's name"),
    ],
)
def test_what_is_wrong_is_named(arguments: dict[str, str], words: str, tmp_path: Path) -> None:
    given = {"student": "embedded:student", "experts": "sample", **arguments}
    with pytest.raises(InputError, match=words):
        ablate_stages("sample", out=tmp_path / "out", progress=False, **given)  # type: ignore[arg-type]


def test_a_student_that_is_not_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`student` x: is not a model's name"):
        lv.distill_memlora(
            "sample", student="x", teacher="embedded:text-large", out=tmp_path / "out"
        )

"""What the report shows of retrieval."""

from __future__ import annotations

from dataclasses import replace

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.evaluators.report.retrieval import retrieval_of
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.runs import Hit, Prediction

SAMPLE = load_benchmark("sample")
ASKED = [q for q in SAMPLE.text_questions if q.split == "test" and q.category != 5]


def test_recall_is_charted_against_k() -> None:
    """Every question finds all of its evidence, behind one turn that holds none."""
    found = [
        Prediction(
            question_id=question.id,
            prediction="yes",
            state="ok",
            retrieved=(
                Hit(text="", turn="D1:999"),
                *(Hit(text="", turn=t) for t in question.evidence),
            ),
        )
        for question in ASKED
    ]
    report = score(found, benchmark=SAMPLE, split="test", metrics=["r"], progress=False)
    charts = {chart["label"]: chart["rows"]["rows"] for chart in retrieval_of(report)}
    assert list(charts) == [
        "any of the turns",
        "complete of the turns",
        "any of the sessions",
        "complete of the sessions",
    ]
    rows = charts["complete of the turns"]
    assert [row["label"] for row in rows] == ["at 1", "at 5", "at 10", "at 20", "at 50"]
    assert [row["value"] for row in rows] == [0, 100, 100, 100, 100]
    bare = score(
        [replace(each, retrieved=()) for each in found],
        benchmark=SAMPLE,
        split="test",
        metrics=["r"],
        progress=False,
    )
    assert retrieval_of(bare) == []

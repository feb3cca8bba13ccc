"""R and the whole table of retrieval, on a benchmark that a hand can check."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import TextQuestion, load_benchmark
from locomo_vqa.evaluators.comparing import compare
from locomo_vqa.evaluators.scoring import ScoreReport, score
from locomo_vqa.runs import Hit, Prediction, State
from locomo_vqa.schemas import validate

SAMPLE = load_benchmark("sample")


def _asked() -> Iterator[TextQuestion]:
    """Yield two questions of each of two conversations, with evidence of one and two turns."""
    for split in ("train", "test"):
        found = next(c for c in SAMPLE.conversations if c.split == split)
        of = [q for q in SAMPLE.text_questions if q.conversation == found.id and q.category != 5]
        yield replace(of[0], category=4, evidence=("D1:1",))
        yield replace(of[1], category=1, evidence=("D1:2", "D2:1", "D99:1"))


ASKED = list(_asked())
BENCHMARK = replace(SAMPLE, text_questions=tuple(ASKED), visual_questions=())


def answers(*rankings: Sequence[str] | None, state: State = "ok") -> list[Prediction]:
    """Return an answer with each ranking; None is a question without a row."""
    return [
        Prediction(
            question_id=question.id,
            prediction="yes" if state == "ok" else None,
            state=state,
            retrieved=tuple(Hit(text="said", turn=turn) for turn in ranking),
        )
        for question, ranking in zip(ASKED, rankings, strict=False)
        if ranking is not None
    ]


def scored(predictions: Sequence[Prediction], **more: Any) -> ScoreReport:
    return score(predictions, benchmark=BENCHMARK, progress=False, **{"metrics": ["r"], **more})


FOUND = answers(["D1:3", "D1:1"], ["D1:2"], ["D3:1"], ["D2:1", "D1:1", "D1:2"])


def test_any_flatters_questions_with_several_turns_so_both_are_computed() -> None:
    report = scored(FOUND)
    assert list(report) == ["r_any", "r_complete"]
    assert report["r_any"].value == pytest.approx(75)
    assert report["r_complete"].value == pytest.approx(50)
    assert report["r_any"].by_category["1"].value == pytest.approx(100)
    assert report["r_complete"].by_category["1"].value == pytest.approx(50)
    assert report["r_any"].overall.n == 4
    assert report["r_any"].interval is not None
    assert [row.value for row in report.scores.by_question] == [100, 100, 0, 100, 100, 0, 0, 100]


@pytest.mark.parametrize("name", ["r_any", "r_complete"])
def test_one_of_the_two_is_never_shown_alone(name: str) -> None:
    assert list(scored(FOUND, metrics=[name])) == ["r_any", "r_complete"]


def test_the_table_has_every_measure_at_every_k_by_category() -> None:
    report = scored(FOUND)
    assert report.retrieval is not None
    value = report.retrieval.value
    assert [value("any", k) for k in (1, 5)] == [50, 75]
    assert value("fraction", 10) == pytest.approx(100 * (1 + 0.5 + 0 + 1) / 4)
    assert value("complete", 5, group=1) == 50
    assert [value("any", k, of="sessions") for k in (1, 5)] == [75, 75]
    assert value("complete", 1, of="sessions", group=4) == 50
    frame = report.retrieval.to_frame()
    assert len(frame) == 2 * 4 * 5 * 3
    assert frame.query("of == 'turns' and measure == 'any' and k == 1 and group == '1'")[
        "value"
    ].tolist() == [100]
    validate(dict(report.document), "scores", path=Path("scores.json"), remedy="")
    section = report.document["retrieval"]
    assert section["evidence"] == {"questions": 4, "left_out": {}, "broken_entries": 2}
    assert section["images"] is None


@pytest.mark.parametrize(
    ("predictions", "reason"),
    [
        (answers((), (), (), ()), "No answer lists what was retrieved."),
        (
            [replace(each, retrieved=(Hit(text="a fact"),)) for each in FOUND],
            "What was retrieved names no turns of the conversations.",
        ),
        (
            [replace(each, retrieved=(Hit(text="a", turn="note-1"),)) for each in FOUND],
            "What was retrieved names no turns of the conversations.",
        ),
    ],
)
def test_without_turn_ids_nothing_is_measured(
    predictions: Sequence[Prediction], reason: str
) -> None:
    """Not available is not 0."""
    report = scored(predictions)
    for name in ("r_any", "r_complete"):
        assert (report[name].state, report[name].value) == ("not_computed", None)
        assert report[name].reason == reason
    assert report.scores.by_question == []
    assert report.retrieval is not None
    assert report.retrieval.value("any", 10) is None


def test_the_denominator_is_fixed_and_states_are_kept() -> None:
    """A failed answer counts 0 even if it lists passages; so does a missing one."""
    failed = replace(FOUND[1], state="error", prediction=None, error="x")
    refused = replace(FOUND[0], state="refused", prediction=None)
    report = scored([refused, failed, FOUND[3]])
    assert report["r_any"].value == pytest.approx(50)
    rows = [row for row in report.scores.by_question if row.metric == "r_any"]
    assert [(row.state, row.value) for row in rows] == [
        ("refused", 100),
        ("error", 0),
        ("missing", 0),
        ("ok", 100),
    ]


def test_answers_without_ids_among_others_count_as_nothing_found_and_are_noted() -> None:
    bare = replace(FOUND[1], retrieved=(Hit(text="a fact"),))
    strange = replace(FOUND[3], retrieved=(Hit(text="", turn="D88:1"), *FOUND[3].retrieved))
    report = scored([FOUND[0], bare, FOUND[2], strange])
    assert report["r_any"].value == pytest.approx(50)
    assert any(note.startswith("Of 1 answer, no passage names a turn") for note in report.notes)
    assert any("D88:1" in note for note in report.notes)


def test_two_rankings_are_compared() -> None:
    worse = answers(["D3:1"], ["D3:1"], ["D3:1"], ["D1:2", "D2:1"])
    found = compare(scored(worse), scored(FOUND), benchmark=BENCHMARK, metrics=["r"])
    differences = {one.metric: one.overall.difference for one in found.metrics}
    assert differences == {"r_any": pytest.approx(50), "r_complete": pytest.approx(25)}


def test_what_is_written_is_what_was_scored(tmp_path: Path) -> None:
    report = scored(FOUND)
    report.write(tmp_path)
    document = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert document["metrics"]["r_any"]["overall"]["value"] == pytest.approx(75)
    assert document["metrics"]["r_any"]["clean"] is None
    cells = document["retrieval"]["turns"]["values"]
    assert {(row["measure"], row["k"]) for row in cells} == {
        (name, k) for name in ("any", "complete", "fraction", "ndcg") for k in (1, 5, 10, 20, 50)
    }

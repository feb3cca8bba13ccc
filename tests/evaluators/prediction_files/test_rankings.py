"""Files of rankings from other harnesses, in the forms in which they are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import TextQuestion, load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.prediction_files.rankings import hits_in
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.evaluators.scoring.published import read_published
from locomo_vqa.runs import Hit
from tests.conftest import Cli

SAMPLE = load_benchmark("sample")
ASKED = [q for q in SAMPLE.text_questions if q.split == "test" and q.category != 5]
FOUND = len(ASKED) // 2
"""The first half of the questions find all of their evidence, after one other turn."""


def ranking(place: int, question: TextQuestion) -> list[str]:
    return ["D1:1", *question.evidence] if place < FOUND else ["D1:1"]


EXPECTED = 100 * sum({*q.evidence} <= {*ranking(n, q)} for n, q in enumerate(ASKED)) / len(ASKED)


def as_objects(ids: list[str]) -> list[dict[str, Any]]:
    return [{"content": "said", "metadata": {"dia_id": name}, "score": 10**400} for name in ids]


def scores_of_places(ids: list[str]) -> dict[str, float]:
    """Return an object from id to score, the worst first."""
    return {name: -float(place) for place, name in reversed(list(enumerate(ids)))}


Row = Callable[[int, TextQuestion], dict[str, Any]]
ROWS: dict[str, Row] = {
    "ids": lambda n, q: {"question_id": q.id, "retrieved": ranking(n, q)},
    "a question's text": lambda n, q: {"question": q.question, "ranked": ranking(n, q)},
    "a gold answer": lambda n, q: {
        **{"question": q.question, "answer": q.answer, "evidence": list(q.evidence)},
        "context_ids": ranking(n, q),
    },
    "LoCoMo's own": lambda n, q: {
        **{"question": q.question, "answer": q.answer, "evidence": list(q.evidence)},
        "dragon_k_50_context": ranking(n, q),
    },
    "objects": lambda n, q: {"question_id": q.id, "search_results": as_objects(ranking(n, q))},
    "pairs": lambda n, q: {"question_id": q.id, "hits": [[i, 0.5] for i in ranking(n, q)]},
    "scores": lambda n, q: {"question_id": q.id, "ranking": scores_of_places(ranking(n, q))},
    "a text": lambda n, q: {"question_id": q.id, "dia_ids": "; ".join(ranking(n, q))},
    "a conversation before": lambda n, q: {
        "question_id": q.id,
        "retrieved": [f"{q.conversation}/{i}" for i in ranking(n, q)],
    },
    "inner": lambda n, q: {
        "question_id": q.id,
        "retrieval_results": {"query": q.question, "ranked_items": as_objects(ranking(n, q))},
    },
    "evidence": lambda n, q: {"question_id": q.id, "evidence": ranking(n, q)},
}


def written(folder: Path, rows: Any) -> Path:
    path = folder / "rankings.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def complete(source: Any) -> float | None:
    return score(source, benchmark=SAMPLE, split="test", progress=False)["r_complete"].value


@pytest.mark.parametrize("form", ROWS)
def test_a_row_for_each_question(form: str, tmp_path: Path) -> None:
    path = written(tmp_path, [ROWS[form](n, q) for n, q in enumerate(ASKED)])
    assert complete(path) == pytest.approx(EXPECTED)


def test_an_object_from_question_to_ranking(tmp_path: Path) -> None:
    lists = {q.id: ranking(n, q) for n, q in enumerate(ASKED)}
    assert complete(lists) == pytest.approx(EXPECTED)
    assert complete(written(tmp_path, lists)) == pytest.approx(EXPECTED)
    scored = {q.id: scores_of_places(ranking(n, q)) for n, q in enumerate(ASKED)}
    assert complete(written(tmp_path, scored)) == pytest.approx(EXPECTED)


def test_sessions_alone(tmp_path: Path) -> None:
    """Turns are not available then, which is not 0."""
    rows = [
        {"question_id": q.id, "session_ids": [i.partition(":")[0][1:] for i in ranking(n, q)]}
        for n, q in enumerate(ASKED)
    ]
    report = score(written(tmp_path, rows), benchmark=SAMPLE, split="test", progress=False)
    assert report["r_any"].state == "not_computed"
    assert report.retrieval is not None
    assert (
        report.retrieval.turns.reason == "What was retrieved names no turns of the conversations."
    )
    found = report.retrieval.value("complete", 50, of="sessions")
    assert found is not None
    assert EXPECTED <= found < 100


def test_answers_are_not_computed_from_rankings(tmp_path: Path, cli: Cli) -> None:
    path = written(tmp_path, [ROWS["ids"](n, q) for n, q in enumerate(ASKED)])
    report = score(path, benchmark=SAMPLE, split="test", progress=False)
    computed = [name for name, metric in report.items() if metric.state == "ok"]
    assert computed == ["r_any", "r_complete"]
    assert report["f1"].reason == "The source has rankings, and no answers."
    assert "The file has rankings, and no answers." in report.notes
    with pytest.raises(InputError, match="no answers that a judge"):
        score(path, benchmark=SAMPLE, judge="rules", progress=False)
    with pytest.raises(InputError, match="has rankings, and no answers"):
        read_published(path, SAMPLE)
    other = written(tmp_path, [ROWS["ids"](n, q) for n, q in enumerate(ASKED)])
    other = other.rename(tmp_path / "other.json")
    written(tmp_path, [ROWS["ids"](FOUND, q) for q in ASKED])
    done = cli("compare", path, other, "--benchmark", "sample", "--split", "test")
    assert done.returncode == 0, done.stderr
    assert "R@10 complete" in done.stdout


def test_the_benchmarks_own_evidence_is_not_a_ranking(tmp_path: Path) -> None:
    """Most files of answers repeat it."""
    rows = [
        {"question": q.question, "response": q.answer, "evidence": list(q.evidence)} for q in ASKED
    ]
    report = score(written(tmp_path, rows), benchmark=SAMPLE, split="test", progress=False)
    assert report["r_any"].state == "not_computed"
    assert report["f1"].value == 1
    for row in rows:
        del row["response"]
    with pytest.raises(InputError, match="'evidence' repeats the benchmark's evidence"):
        score(written(tmp_path, rows), benchmark=SAMPLE, progress=False)


def test_answers_with_rankings_have_both(tmp_path: Path) -> None:
    rows = [
        {"question": q.question, "response": "yes", "retrieved": ranking(n, q)}
        for n, q in enumerate(ASKED)
    ]
    report = score(written(tmp_path, rows), benchmark=SAMPLE, split="test", progress=False)
    assert report["r_complete"].value == pytest.approx(EXPECTED)
    assert report["f1"].state == "ok"


def test_ids_in_their_spellings() -> None:
    spelt = ["D1:3", "D01:03", "d1:3", "conv-26_D1:3", "conv-30/D1:3", "session_4", "x7", 5, None]
    found = hits_in(spelt, "retrieved", conversation="conv-26", others=("conv-26", "conv-30"))
    assert [(hit.turn, hit.sessions) for hit in found] == [
        ("D1:3", ()),
        ("D1:3", ()),
        ("D1:3", ()),
        ("D1:3", ()),
        ("conv-30/D1:3", ()),
        (None, (4,)),
        ("x7", ()),
        (None, ()),
        (None, ()),
    ]
    assert hits_in([2, "3"], "ranked_sessions") == (
        Hit(text="", sessions=(2,)),
        Hit(text="", sessions=(3,)),
    )

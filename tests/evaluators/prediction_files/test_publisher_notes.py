"""What files say about themselves: names of categories, and lists of questions asked again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.evaluators.prediction_files import read_prediction_file

SAMPLE = load_benchmark("sample")
ASKED = [q for q in SAMPLE.text_questions if q.category != 5]
SWAPPED = {1: "single_hop", 2: "temporal_reasoning", 3: "multi_hop", 4: "open_domain"}
RIGHT = {1: "Multi-hop", 2: "Temporal", 3: "Commonsense", 4: "Single-hop (factual)"}


def rows(names: dict[int, str] | None = None, *, wrong: int = 0) -> list[dict[str, Any]]:
    made = []
    for number, question in enumerate(ASKED):
        row = {
            "question_id": f"{question.conversation}_q{question.index}",
            "question": question.question,
            "category": question.category,
            "response": f"answer {number}",
            "llm_score": int(number >= wrong),
        }
        if names is not None:
            row["category_name"] = names[question.category]
        made.append(row)
    return made


def notes(tmp_path: Path, document: Any) -> list[str]:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    found = read_prediction_file(path, SAMPLE).notes
    return [note for note in found if "category" in note or "lists" in note]


def test_names_in_rows_that_belong_to_other_categories(tmp_path: Path) -> None:
    assert notes(tmp_path, {"results": rows(SWAPPED)}) == [
        "The file calls category 1 “single_hop” (multi-hop), 3 “multi_hop” (open-domain), "
        "4 “open_domain” (single-hop). LoCoMo's names are in brackets, and used here; the file's "
        "values by name belong to other categories."
    ]
    assert notes(tmp_path, {"results": rows(RIGHT)}) == []


@pytest.mark.parametrize(
    "table",
    [
        {"category_names": {"1": "single-hop", "2": "temporal"}},
        {"by_category": {"1": {"label": "Single-hop (Factual)", "accuracy": 0.9}}},
        {"scores": {"by_category": {"single-hop": {"category_id": 1, "correct": 4}}}},
        {"names": {"single_hop": 1, "temporal": 2, "multi_hop": 3, "open_domain": 4}},
    ],
)
def test_names_in_tables(table: dict[str, Any], tmp_path: Path) -> None:
    (note,) = notes(tmp_path, {**table, "results": rows()})
    assert note.startswith("The file calls category 1 “")
    assert "” (multi-hop)" in note


@pytest.mark.parametrize(
    "table",
    [
        {"category_names": {"1": "multi-hop", "2": "temporal"}},
        {"by_category": {"single-hop": {"category_id": 4, "total": 1}}},
        {"single_hop": 0.75, "multi_hop": 0.5},
        {"means": {"1": 0.7, "2": 0.8}},
        {"counts": {"temporal": 36, "single_hop": 56}},
        {"failed": {"temporal": 1, "single_hop": 2, "multi_hop": 3, "open_domain": 3}},
    ],
)
def test_other_tables_say_nothing(table: dict[str, Any], tmp_path: Path) -> None:
    assert notes(tmp_path, {**table, "results": rows()}) == []


def repeated(listed: list[str], *, key: str, wrong: int, joined: bool) -> dict[str, Any]:
    names: Any = ",".join(listed) if joined else listed
    return {"metadata": {key: names}, "results": rows(wrong=wrong)}


@pytest.mark.parametrize("joined", [False, True])
def test_a_list_that_holds_all_wrong_answers_and_others(joined: bool, tmp_path: Path) -> None:
    ids = [row["question_id"] for row in rows()]
    document = repeated(ids[:12], key="merged_from", wrong=8, joined=joined)
    assert notes(tmp_path, document) == [
        f"'merged_from' lists 12 of {len(ids)} questions, among them all 8 that were judged wrong: "
        "if these were asked again because they had been judged wrong, reported J is too high."
    ]


@pytest.mark.parametrize(
    ("key", "listed", "wrong"),
    [
        ("merged_from", range(8), 8),  # The failures alone.
        ("failed_questions", range(12), 8),  # It says so itself.
        ("merged_from", range(7), 8),  # One of the wrong answers is not in it.
        ("merged_from", range(12), 4),  # So few may be in it by chance.
        ("questions", range(140), 8),  # All that were asked.
    ],
)
def test_other_lists_say_nothing(key: str, listed: range, wrong: int, tmp_path: Path) -> None:
    ids = [row["question_id"] for row in rows()]
    document = repeated([ids[n] for n in listed], key=key, wrong=wrong, joined=False)
    assert notes(tmp_path, document) == []

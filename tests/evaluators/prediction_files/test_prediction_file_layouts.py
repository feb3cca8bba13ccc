"""Every layout is read, whatever the file is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.evaluators.prediction_files import PredictionFile, read_prediction_file
from locomo_vqa.files import sha256_file
from locomo_vqa.runs import Prediction

Write = Callable[..., Path]
Rows = Callable[[str], list[dict[str, Any]]]


def answers(file: PredictionFile) -> dict[str, str | None]:
    return {row.question_id: row.prediction for row in file.predictions}


ROWS: list[dict[str, Any]] = [
    {"question": "Who repaired the clock?", "prediction": "Eve", "ground_truth": "Eve"},
    {"question": "How many cats does Eve have?", "prediction": "two", "ground_truth": 3},
]
BOTH = {"conv-3/t/0": "Eve", "conv-3/t/1": "two"}


def test_ours(benchmark: Benchmark, write: Write) -> None:
    rows = [
        {"question_id": "conv-1/v/D1:1/colour", "prediction": "red", "state": "ok"},
        {"question_id": "conv-3/t/1", "prediction": None, "state": "timeout", "error": "60 s"},
        {"question_id": "conv-1/t/0", "prediction": " ", "state": "ok"},
    ]
    file = read_prediction_file(path := write(rows, lines=True), benchmark)
    assert file.layout == "ours"
    assert file.sha256 == sha256_file(path)
    assert file.predictions == (
        Prediction(question_id="conv-1/t/0", prediction="", state="empty"),
        Prediction(question_id="conv-3/t/1", prediction=None, state="timeout", error="60 s"),
        Prediction(question_id="conv-1/v/D1:1/colour", prediction="red", state="ok"),
    )
    assert file.extra == ()
    assert file.notes == ("The answer is blank in 1 row with state ok.",)


@pytest.mark.parametrize("lines", [True, False])
def test_longmemeval(benchmark: Benchmark, write: Write, lines: bool) -> None:
    rows = [
        {"question_id": "conv-2/t/1", "hypothesis": "not mentioned"},
        {"question_id": "conv-1/t/5", "hypothesis": "green"},
        {"question_id": "conv-1/v/D1:1/colour", "hypothesis": ""},
    ]
    file = read_prediction_file(write(rows, lines=lines), benchmark)
    assert file.layout == "longmemeval"
    assert answers(file) == {
        "conv-1/t/5": "green",
        "conv-2/t/1": "not mentioned",
        "conv-1/v/D1:1/colour": "",
    }
    assert file.extra == ()


def test_one_line_of_json_lines(benchmark: Benchmark, write: Write) -> None:
    row = {"question_id": "conv-1/t/0", "hypothesis": "in May"}
    assert answers(read_prediction_file(write(row), benchmark)) == {"conv-1/t/0": "in May"}


@pytest.mark.parametrize(
    "keys", [("0", "1", "2"), ("conv-1", "conv-2", "conv-3"), ("user_0", "user_1", "user_2")]
)
def test_mem0(benchmark: Benchmark, write: Write, mem0_rows: Rows, keys: tuple[str, ...]) -> None:
    value = {key: mem0_rows(f"conv-{number}") for number, key in enumerate(keys, 1)}
    file = read_prediction_file(write(value), benchmark)
    assert file.layout == "mem0"
    assert all(row.question_id == row.prediction for row in file.predictions)
    assert [row.question_id for row in file.predictions] == [
        question.id for question in benchmark.text_questions if question.category != 5
    ]
    assert (file.extra, file.notes) == ((), ())
    assert file.stored["f1_score"]["conv-1/t/4"] == 0.4
    assert set(file.stored) == {"f1_score", "llm_score"}


@pytest.mark.parametrize("category", [{"category": 4}, {}])
def test_zep_keeps_the_prediction_in_answer(
    benchmark: Benchmark, write: Write, category: dict[str, int]
) -> None:
    question = {"question": "What is the dog called?", **category}
    rows = [{**question, "answer": "Rex, I think", "golden_answer": "Rex", "grade": True}]
    file = read_prediction_file(write({"locomo_experiment_user_1": rows}), benchmark)
    assert file.layout == "zep"
    assert answers(file) == {"conv-2/t/4": "Rex, I think"}


def test_evermemos(benchmark: Benchmark, write: Write) -> None:
    row = {
        "question_id": "locomo_0_qa5",
        "question": "What colour is the shed?",
        "golden_answer": "green",
        "generated_answer": "blue",
        "llm_judgments": {"judgment_1": False},
        "category": "4",
    }
    value = {"total_questions": 1, "detailed_results": {"locomo_exp_user_0": [row]}}
    file = read_prediction_file(write(value), benchmark)
    assert file.layout == "evermemos"
    assert answers(file) == {"conv-1/t/5": "blue"}


def test_locomo_has_the_model_in_the_key(benchmark: Benchmark, write: Write) -> None:
    row = {
        "question": "What did Ben name his boat?",
        "answer": "Swift",
        "category": 5,
        "org/model-4k_prediction": "not mentioned",
        "org/model-4k_prediction_context": ["D1:1"],
        "org/model-4k_f1": 1,
    }
    for value in ([{"sample_id": "conv-1", "qa": [row]}], [{"qa": [row]}]):
        file = read_prediction_file(write(value), benchmark)
        assert file.layout == "locomo"
        assert answers(file) == {"conv-1/t/3": "not mentioned"}
        assert file.stored == {"org/model-4k_f1": {"conv-1/t/3": 1.0}}


@pytest.mark.parametrize(
    "value",
    [
        ROWS,
        [{**row, "conv_index": 2} for row in ROWS],
        [{**row, "meta": {"sample_id": "conv-3"}} for row in ROWS],
        {"aggregate": {"f1": 0.5}, "per_question": ROWS},
        {"results": ROWS, "accuracy": 1.0},
        {"responses": ROWS, "by_type": {"single_hop": {"responses": ROWS}}},
        {
            "conversation_id": "conv-3",
            "by_type": {
                "multi_hop": {"total": 1, "responses": ROWS[:1]},
                "single_hop": {"total": 1, "responses": ROWS[1:]},
            },
        },
        {f"conv-3::{row['question']}": {**row, "sample_id": "conv-3"} for row in ROWS},
    ],
)
def test_rows_in_other_arrangements(benchmark: Benchmark, write: Write, value: Any) -> None:
    file = read_prediction_file(write(value), benchmark)
    assert file.layout == "rows"
    assert answers(file) == BOTH
    assert (file.extra, file.notes) == ((), ())


def test_json_lines_with_a_state_and_questions_are_not_ours(
    benchmark: Benchmark, write: Write
) -> None:
    rows = [{**row, "question_id": f"q{n}", "state": "done"} for n, row in enumerate(ROWS)]
    file = read_prediction_file(write(rows, lines=True), benchmark)
    assert file.layout == "rows"
    assert answers(file) == BOTH


def test_json_lines_of_rows_with_a_byte_order_mark_and_blank_lines(
    benchmark: Benchmark, write: Write
) -> None:
    path = write(ROWS, lines=True)
    text = "\ufeff" + path.read_text(encoding="utf-8").replace("\n", "\r\n\r\n")
    assert answers(read_prediction_file(write(None, text=text), benchmark)) == BOTH

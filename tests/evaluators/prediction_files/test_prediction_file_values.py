"""Which key is the prediction, and what its values become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.prediction_files import read_prediction_file
from locomo_vqa.runs import MAX_ANSWER_CHARS, Hit

Write = Callable[..., Path]

QUESTION = {"question": "Who repaired the clock?"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"response": "P", "answer": "G"}, "P"),
        ({"generated_answer": "P", "golden_answer": "G"}, "P"),
        ({"ai_response": "P", "expected_answer": "G"}, "P"),
        ({"predicted": "P", "ground_truth": "G"}, "P"),
        ({"prediction": "P", "reference": "G"}, "P"),
        ({"gpt_prediction": "P", "gpt_prediction_context": "C", "answer": "G"}, "P"),
        ({"answer": "P", "golden_answer": "G"}, "P"),
        ({"answer": "P", "gold_answers": ["G"]}, "P"),
        ({"answer": "P", "ground_truth": "G"}, "P"),
    ],
)
def test_the_prediction_is_told_from_the_gold(
    benchmark: Benchmark, write: Write, keys: dict[str, Any], expected: str
) -> None:
    file = read_prediction_file(write([{**QUESTION, **keys}]), benchmark)
    assert [row.prediction for row in file.predictions] == [expected]
    assert "gold answers differ from the benchmark's in 1 row" in file.notes[0]


def test_an_answer_alone_is_unclear_until_it_is_said(benchmark: Benchmark, write: Write) -> None:
    path = write([{**QUESTION, "answer": "Eve, I think"}])
    with pytest.raises(InputError, match="'answer' may be the prediction") as caught:
        read_prediction_file(path, benchmark)
    assert "set `prediction_key` to answer" in caught.value.remedy
    file = read_prediction_file(path, benchmark, prediction_key="answer")
    assert file.predictions[0].prediction == "Eve, I think"


@pytest.mark.parametrize("more", [{}, {"ground_truth": "Eve"}])
def test_a_file_of_gold_answers_has_no_predictions(
    benchmark: Benchmark, write: Write, more: dict[str, str]
) -> None:
    path = write([{**QUESTION, "answer": "Eve", "retrieved_ids": ["a note"], **more}])
    with pytest.raises(InputError, match="contains the benchmark's own gold answers"):
        read_prediction_file(path, benchmark)
    file = read_prediction_file(path, benchmark, prediction_key="answer")
    assert file.notes == (
        "The answer is identical to the gold answer in 1 of 1 rows: "
        "check that 'answer' contains predictions.",
    )


def test_gold_answers_beside_a_ranking_are_not_answers(benchmark: Benchmark, write: Write) -> None:
    file = read_prediction_file(
        write([{**QUESTION, "answer": "Eve", "retrieved_ids": ["D1:1"]}]), benchmark
    )
    assert (file.has_answers, file.predictions[0].prediction) == (False, None)
    assert file.predictions[0].retrieved == (Hit(text="", turn="D1:1"),)


def test_the_prediction_key_decides(benchmark: Benchmark, write: Write) -> None:
    path = write([{**QUESTION, "response": "a", "model_answer": "b", "raw": "c"}])
    with pytest.raises(InputError, match="several keys can be the prediction"):
        read_prediction_file(path, benchmark)
    for key, expected in (("response", "a"), ("model_answer", "b"), ("raw", "c")):
        file = read_prediction_file(path, benchmark, prediction_key=key)
        assert file.predictions[0].prediction == expected
    with pytest.raises(InputError, match="no row has the key 'reply'") as caught:
        read_prediction_file(path, benchmark, prediction_key="reply")
    assert "question, response, model_answer, raw" in caught.value.remedy


@pytest.mark.parametrize("value", [None, "", " \n\t", float("nan")])
def test_nothing_is_empty(benchmark: Benchmark, write: Write, value: Any) -> None:
    file = read_prediction_file(write([{**QUESTION, "response": value}]), benchmark)
    assert (file.predictions[0].prediction, file.predictions[0].state) == ("", "empty")
    assert file.notes == ("The answer is missing or blank in 1 row.",)


def test_a_missing_key_is_empty(benchmark: Benchmark, write: Write) -> None:
    other = {"question": "How many cats does Eve have?", "response": "two"}
    file = read_prediction_file(write([QUESTION, other]), benchmark)
    assert [row.state for row in file.predictions] == ["empty", "ok"]


@pytest.mark.parametrize(("value", "text"), [(3, "3"), (2.5, "2.5"), (-1, "-1")])
def test_numbers_become_text(benchmark: Benchmark, write: Write, value: float, text: str) -> None:
    file = read_prediction_file(write([{**QUESTION, "response": value}]), benchmark)
    assert (file.predictions[0].prediction, file.predictions[0].state) == (text, "ok")
    assert file.notes == ("The answer is a number in 1 row; it was read as text.",)


@pytest.mark.parametrize("answer", [" Eve. ", "**Answer:** Eve", "日本語\u0000\u202e", "None"])
def test_an_answer_is_never_changed(benchmark: Benchmark, write: Write, answer: str) -> None:
    file = read_prediction_file(write([{**QUESTION, "response": answer}]), benchmark)
    assert file.predictions[0].prediction == answer


@pytest.mark.parametrize(
    ("value", "kind"), [(["a"], "a list"), ({"a": "b"}, "an object"), (True, "true or false")]
)
def test_other_values_are_refused(
    benchmark: Benchmark, write: Write, value: Any, kind: str
) -> None:
    path = write({"conv-3": [{**QUESTION, "response": value}]})
    with pytest.raises(InputError, match=rf"conv-3\[0\]: 'response' must be a string, not {kind}"):
        read_prediction_file(path, benchmark)


@pytest.mark.parametrize("ours", [True, False])
def test_the_limit_of_an_answer(benchmark: Benchmark, write: Write, ours: bool) -> None:
    def path(characters: int) -> Path:
        answer = "x" * characters
        row = {"question_id": "conv-3/t/0", "prediction": answer, "state": "ok"}
        return write([row if ours else {**QUESTION, "prediction": answer}], lines=True)

    file = read_prediction_file(path(MAX_ANSWER_CHARS), benchmark)
    assert len(file.predictions[0].prediction or "") == MAX_ANSWER_CHARS
    with pytest.raises(InputError, match="10,000,000 characters; the limit is 1,000,000"):
        read_prediction_file(path(10_000_000), benchmark)


def test_only_numbers_are_stored_scores(benchmark: Benchmark, write: Write) -> None:
    scores = {
        "f1_score": 0.5,
        "bleu_score": 0,
        "llm_score": None,
        "token_f1": float("nan"),
        "judge_score": True,
        "huge_score": 10**400,
        "latency": 1.5,
        "scoreboard": 1,
    }
    file = read_prediction_file(write([{**QUESTION, "response": "Eve", **scores}]), benchmark)
    assert file.stored == {"f1_score": {"conv-3/t/0": 0.5}, "bleu_score": {"conv-3/t/0": 0.0}}

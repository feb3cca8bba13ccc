"""Questions whose words were written otherwise, or changed, are joined, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.evaluators.prediction_files import PredictionFile, read_prediction_file
from locomo_vqa.evaluators.prediction_files.spelling import plain_words, similarity

Write = Callable[..., Path]
Change = Callable[[str], str]


def answers(file: PredictionFile) -> dict[str, str | None]:
    return {row.question_id: row.prediction for row in file.predictions}


def rows_with(benchmark: Benchmark, change: Change, **more: Any) -> list[dict[str, Any]]:
    return [
        {"question": change(q.question), "response": q.id, **more}
        for q in benchmark.text_questions
        if q.category != 5
    ]


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda q: q.replace("the", "“the”").rstrip("?"),
        lambda q: q.replace("?", "&#63;"),
        lambda q: "Question: " + q,
        lambda q: "Q12. " + q,
        lambda q: q + " Use DATE of CONVERSATION to answer with an approximate date.",
    ],
    ids=["case", "quotes", "entity", "label", "number", "hint"],
)
def test_words_written_otherwise(benchmark: Benchmark, write: Write, change: Change) -> None:
    file = read_prediction_file(write(rows_with(benchmark, change)), benchmark)
    assert len(file.predictions) == 14
    assert all(name == answer for name, answer in answers(file).items())
    assert "only in case, quotes, punctuation or a label" in file.notes[0]


def test_words_alone() -> None:
    assert plain_words("What&#39;s  Ada’s “café”?") == "whats adas cafe"
    assert plain_words("Question 3: Why not?") == "why not"
    assert plain_words("?!") == ""
    assert similarity({"where", "did", "ada", "go"}, {"where", "did", "zoe", "go"}) == 0.75
    assert similarity({"a"}, {"a", "b", "c"}) == 1 / 3
    assert similarity(set(), set()) == 0


@pytest.mark.parametrize("text", [" " * 10**6, "_" * 10**6, "&amp;" * 10**5, "q" * 10**6])
def test_long_texts_take_no_time(benchmark: Benchmark, write: Write, text: str) -> None:
    """Each would take hours if a pattern went back over it."""
    before = {"question": "When did Ada plant the fig tree?", "response": "in May"}
    row = {"question": f"Which tools {text} ?", "id": text, "response": "a", "gold_answer": text}
    file = read_prediction_file(write([before, row]), benchmark)
    assert set(answers(file)) == {"conv-1/t/0"}


def test_a_renamed_speaker(benchmark: Benchmark, write: Write) -> None:
    """Each changed question has the benchmark's category and gold answer, between joined rows."""
    rows = [
        {
            "question": q.question.replace("Ada", "Zoe").replace("Eve", "Ina"),
            "response": q.id,
            "gold_answer": q.answer,
            "category": q.category,
            "conversation": q.conversation,
        }
        for q in benchmark.text_questions
        if q.category != 5
    ]
    file = read_prediction_file(write(rows), benchmark)
    assert len(file.predictions) == 14
    assert all(name == answer for name, answer in answers(file).items())
    assert file.extra == ()
    assert len(file.notes) == 1
    assert "in 3 rows, such as “When did Zoe plant the fig tree?”" in file.notes[0]


@pytest.mark.parametrize(
    "change",
    [
        {"gold_answer": "a hoe"},
        {"category": 4},
        {"question": "Is it raining in the village today?"},
    ],
    ids=["gold", "category", "words"],
)
def test_changed_words_need_everything_else_to_fit(
    benchmark: Benchmark, write: Write, change: dict[str, Any]
) -> None:
    tools = {
        "question": "Which tools does Zoe own?",
        "response": "a spade",
        "gold_answer": "a spade, a rake",
        "category": 1,
    }
    before = {"question": "When did Ada plant the fig tree?", "response": "in May"}
    after = {"question": "In which year did Ben retire?", "response": "2019"}
    file = read_prediction_file(write([before, tools, after]), benchmark)
    assert answers(file)["conv-1/t/1"] == "a spade"
    file = read_prediction_file(write([before, {**tools, **change}, after]), benchmark)
    assert set(answers(file)) == {"conv-1/t/0", "conv-1/t/4"}
    assert file.extra == ("[1]",)


def test_changed_words_without_a_gold_answer_need_the_number(
    benchmark: Benchmark, write: Write
) -> None:
    rows = [
        {"question": q.question.replace("Ada", "Zoe"), "response": q.id, "index": q.index + 1}
        for q in benchmark.text_questions
        if q.conversation == "conv-1"
    ]
    file = read_prediction_file(write(rows), benchmark)
    assert len(file.predictions) == 6
    assert all(name == answer for name, answer in answers(file).items())
    unnumbered = [{k: v for k, v in row.items() if k != "index"} for row in rows]
    assert len(read_prediction_file(write(unnumbered), benchmark).predictions) == 4


def test_a_conversation_whose_every_question_was_changed(
    benchmark: Benchmark, write: Write
) -> None:
    value: dict[str, list[dict[str, Any]]] = {}
    for q in benchmark.text_questions:
        if q.category != 5:
            changed = f"{q.question} Then?" if q.conversation == "conv-2" else q.question
            row = {
                "question": changed,
                "response": q.id,
                "answer": q.answer,
                "category": q.category,
            }
            value.setdefault(
                {"conv-1": "9", "conv-2": "7", "conv-3": "8"}[q.conversation], []
            ).append(row)
    file = read_prediction_file(write(value), benchmark)
    assert len(file.predictions) == 14
    assert all(name == answer for name, answer in answers(file).items())
    assert "in 4 rows" in file.notes[-1]

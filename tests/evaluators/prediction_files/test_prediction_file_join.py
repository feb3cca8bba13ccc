"""Rows meet questions: by id, by text within a conversation, by order only without a doubt."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.prediction_files import PredictionFile, read_prediction_file
from tests.torture.profile import few_examples

Write = Callable[..., Path]
Rows = Callable[[str], list[dict[str, Any]]]

SHED = "What colour is the shed?"
BREAD = "What does Cleo bake?"
DOG = "What is the dog called?"
PICNIC = "Where was the picnic?"
SPREAD = [
    "conv-1/t/0",
    "conv-1/t/1",
    "conv-1/t/2",
    "conv-2/t/0",
    "conv-2/t/2",
    "conv-3/t/0",
    "conv-3/t/1",
]


def answers(file: PredictionFile) -> dict[str, str | None]:
    return {row.question_id: row.prediction for row in file.predictions}


def row(question: str, response: str, **more: Any) -> dict[str, Any]:
    return {"question": question, "response": response, **more}


@settings(few_examples, max_examples=30)
@given(order=st.permutations(["conv-1", "conv-2", "conv-3"]), keys=st.permutations("012"))
def test_neither_order_nor_names_of_conversations_matter(
    benchmark: Benchmark, write: Write, mem0_rows: Rows, order: list[str], keys: list[str]
) -> None:
    value = {key: mem0_rows(name) for key, name in zip(keys, order, strict=True)}
    file = read_prediction_file(write(value), benchmark)
    assert len(file.predictions) == 14
    assert all(prediction.question_id == prediction.prediction for prediction in file.predictions)


@settings(few_examples, max_examples=30)
@given(seed=st.integers(0, 10**6), base=st.sampled_from([0, 1]))
def test_rows_with_an_index_may_be_shuffled(
    benchmark: Benchmark, write: Write, seed: int, base: int
) -> None:
    rows = [
        row(q.question, q.id, question_index=q.index + base, sample_id=q.conversation)
        for q in benchmark.text_questions
    ]
    random.Random(seed).shuffle(rows)
    file = read_prediction_file(write(rows), benchmark)
    assert len(file.predictions) == 17
    assert all(prediction.question_id == prediction.prediction for prediction in file.predictions)


def test_texts_win_over_the_key(benchmark: Benchmark, write: Write, mem0_rows: Rows) -> None:
    file = read_prediction_file(write({"0": mem0_rows("conv-2")}), benchmark)
    assert len(file.predictions) == 4
    assert file.notes == ("Conversation key 0 holds the questions of conv-2.",)


def test_the_key_breaks_a_tie_and_gold_answers_break_it_first(
    benchmark: Benchmark, write: Write
) -> None:
    by_key = read_prediction_file(write({"conv-3": [row(DOG, "Bo")]}), benchmark)
    assert answers(by_key) == {"conv-3/t/2": "Bo"}
    by_gold = {"conv-3": [row(DOG, "Bo", gold_answer="Rex")]}
    assert answers(read_prediction_file(write(by_gold), benchmark)) == {"conv-2/t/4": "Bo"}


def test_the_row_knows_its_conversation_better_than_the_key(
    benchmark: Benchmark, write: Write
) -> None:
    value = {"conv-2": [row(DOG, "Bo", conversation_id="conv-3")]}
    assert answers(read_prediction_file(write(value), benchmark)) == {"conv-3/t/2": "Bo"}


def test_gold_answers_tell_equal_questions_apart(benchmark: Benchmark, write: Write) -> None:
    value = [row(PICNIC, "b", answer="the beach"), row(PICNIC, "a", answer="the park")]
    file = read_prediction_file(write(value), benchmark)
    assert answers(file) == {"conv-3/t/3": "a", "conv-3/t/4": "b"}


def test_a_text_of_several_conversations_without_a_hint_is_extra(
    benchmark: Benchmark, write: Write
) -> None:
    value = {"a": [row(DOG, "?")], "b": [row(SHED, "green")]}
    file = read_prediction_file(write(value), benchmark)
    assert answers(file) == {"conv-1/t/2": "green"}
    assert file.extra == ("a[0]",)


def test_a_flat_list_keeps_to_the_conversation_it_is_in(benchmark: Benchmark, write: Write) -> None:
    rows = [row(q.question, q.id) for q in benchmark.text_questions]
    file = read_prediction_file(write(rows), benchmark)
    assert len(file.predictions) == 17
    assert all(prediction.question_id == prediction.prediction for prediction in file.predictions)


def test_a_key_over_several_conversations_is_said(benchmark: Benchmark, write: Write) -> None:
    asked = [q for q in benchmark.text_questions if q.id in SPREAD]
    file = read_prediction_file(write({"all": [row(q.question, q.id) for q in asked]}), benchmark)
    assert answers(file) == {name: name for name in SPREAD}
    assert file.notes == (
        "The rows under all belong to several conversations; each was joined by its text.",
    )


def test_a_rows_text_decides_its_conversation_and_its_key_does_not(
    benchmark: Benchmark, write: Write
) -> None:
    clock = row("Who repaired the clock?", "Eve")
    file = read_prediction_file(write({"0": [clock, row(SHED, "a"), row(SHED, "b")]}), benchmark)
    assert answers(file) == {"conv-1/t/2": "a", "conv-1/t/5": "b", "conv-3/t/0": "Eve"}
    assert file.extra == ()
    assert file.notes == (
        "The rows under 0 belong to several conversations; each was joined by its text.",
    )


def test_repeated_questions_in_order_of_occurrence(benchmark: Benchmark, write: Write) -> None:
    value = {"conv-1": [row(SHED, "first"), row(SHED, "second"), row(SHED, "third")]}
    file = read_prediction_file(write(value), benchmark)
    assert answers(file) == {"conv-1/t/2": "first", "conv-1/t/5": "second"}
    assert file.extra == ("conv-1[2]",)
    assert file.notes == ("A question is repeated in 1 row; the first row counts.",)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(BREAD, "a", category=5)], {"conv-2/t/1": "a"}),
        ([row(BREAD, "a", category="4"), row(BREAD, "b", category=4)], {"conv-2/t/0": "a"}),
        (
            [row(BREAD, "a", category=5.0), row(BREAD, "b", category=4.0)],
            {"conv-2/t/0": "b", "conv-2/t/1": "a"},
        ),
        ([row(BREAD, "a"), row(BREAD, "b")], {"conv-2/t/0": "a", "conv-2/t/1": "b"}),
        ([row(BREAD, "a", category="adversarial")], {"conv-2/t/0": "a"}),
    ],
)
def test_one_text_in_two_categories(
    benchmark: Benchmark, write: Write, rows: list[Any], expected: dict[str, str]
) -> None:
    assert answers(read_prediction_file(write({"conv-2": rows}), benchmark)) == expected


def test_an_index_counts_only_with_its_text(benchmark: Benchmark, write: Write) -> None:
    rows = [row("Would Dan enjoy a marathon?", "no", index=0), row(BREAD, "rye", index=1)]
    file = read_prediction_file(write({"conv-2": rows}), benchmark)
    assert answers(file) == {"conv-2/t/1": "rye", "conv-2/t/2": "no"}


def test_a_second_row_for_an_index_never_takes_the_twin(benchmark: Benchmark, write: Write) -> None:
    rows = [row(SHED, "a", qa_index=2), row(SHED, "b", qa_index=2)]
    file = read_prediction_file(write({"conv-1": rows}), benchmark)
    assert answers(file) == {"conv-1/t/2": "a"}
    assert file.extra == ("conv-1[1]",)


def test_white_space_is_folded(benchmark: Benchmark, write: Write) -> None:
    value = {"conv-2": [row(" When did Dan\nmove?", "June")]}
    assert answers(read_prediction_file(write(value), benchmark)) == {"conv-2/t/3": "June"}


def test_an_id_whose_text_is_another_is_not_believed(benchmark: Benchmark, write: Write) -> None:
    value = [row(SHED, "green", question_id="conv-1/t/0")]
    assert answers(read_prediction_file(write(value), benchmark)) == {"conv-1/t/2": "green"}


def test_strangers_are_extra(benchmark: Benchmark, write: Write) -> None:
    value = {"0": [row(SHED, "green"), row("Who is Zoe?", "?")], "7": [row("Why?", "?")]}
    file = read_prediction_file(write(value), benchmark)
    assert file.extra == ("0[1]", "7[0]")


def test_differing_golds_and_categories_are_counted(benchmark: Benchmark, write: Write) -> None:
    rows = [
        row("In which year did Ben retire?", "2019", answer=2019, category=4),
        row("Which tools does Ada own?", "a rake", answer="a rake and a hoe", category=2),
        row("What did Ben name his boat?", "unknown", answer="not mentioned", category=5),
        row(SHED, "green", answer=" ", category=4),
        row("Did Eve sell the clock?", "no", answer="Yes", category=5),
    ]
    file = read_prediction_file(write(rows), benchmark)
    assert len(file.predictions) == 5
    assert file.notes == (
        "The file's own gold answers differ from the benchmark's in 1 row; "
        "the benchmark's are used.",
        "The file's own categories differ from the benchmark's in 1 row; the benchmark's are used.",
    )


@pytest.mark.parametrize("category_5", [True, False])
@pytest.mark.parametrize("indexed", [True, False])
def test_order_alone_when_the_count_is_exact(
    benchmark: Benchmark, write: Write, category_5: bool, indexed: bool
) -> None:
    asked = [q for q in benchmark.text_questions if q.conversation == "conv-1"]
    rows: list[dict[str, Any]] = [
        {"response": q.id, **({"index": q.index} if indexed else {})}
        for q in asked
        if category_5 or q.category != 5
    ]
    value = {"0": rows[::-1] if indexed else rows}
    file = read_prediction_file(write(value), benchmark)
    assert len(file.predictions) == len(rows)
    assert all(prediction.question_id == prediction.prediction for prediction in file.predictions)
    assert file.notes == ("The rows of conv-1 have no question; they were joined by order.",)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"0": [{"response": "x"}] * 4}, r"\(4\) is not the number of questions of conv-1"),
        ({"x": [{"response": "x"}] * 5}, "neither a question nor a conversation"),
        ([{"response": "x"}] * 17, "neither a question nor a conversation"),
        (
            {"2": [{"response": "x", "answer": gold} for gold in ("Bo", "3", "Eve", "", "")]},
            "gold answers are not in the order of conv-3",
        ),
    ],
)
def test_order_alone_is_refused_with_a_doubt(
    benchmark: Benchmark, write: Write, value: Any, reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        read_prediction_file(write(value), benchmark)
    assert "conv-1/t/0" in caught.value.remedy

"""The rules that recognise an answer that declines, on answers labelled by hand."""

from __future__ import annotations

import json
import time
from importlib.resources import files

import pytest

from locomo_vqa.evaluators.abstention import declines

PHRASINGS = [
    json.loads(line)
    for line in (files("locomo_vqa.evaluators.abstention") / "phrasings.jsonl")
    .read_text("utf-8")
    .splitlines()
]


def wrong(rows: list[dict[str, object]]) -> list[object]:
    return [
        row["answer"]
        for row in rows
        if declines(str(row["answer"]), str(row["question"])) != row["declines"]
    ]


def test_the_table_has_more_than_200_answers_of_both_kinds() -> None:
    assert len(PHRASINGS) == 260
    assert sum(row["declines"] for row in PHRASINGS) == 134
    assert len({(row["question"], row["answer"]) for row in PHRASINGS}) == 260


def test_the_error_on_the_table_is_the_one_in_the_docs() -> None:
    missed = wrong([row for row in PHRASINGS if row["declines"]])
    false = wrong([row for row in PHRASINGS if not row["declines"]])
    assert (len(missed), len(false)) == (1, 10)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Does she have a dog?", "No, she did not mention a dog; it was a cat."),
        ("When did they meet?", "Not specified in 2022 but in 2023"),
        ("How many siblings has he?", "None"),
        ("Who came?", "no one"),
        ("Who painted it?", "unknown artist"),
        ("Does she have a dog?", "Yes"),
        ("Does she have a dog?", "No"),
        ("Where does she live?", "No information about the street, but she lives in Bergen."),
        ("When was it?", "The date is not given, but probably in May 2023."),
        ("What is it?", ""),
        ("What is it?", "..."),
    ],
)
def test_what_looks_like_declining_and_answers(question: str, answer: str) -> None:
    assert not declines(answer, question)


@pytest.mark.parametrize(
    "answer",
    [
        "I don\u2019t know.",
        "  NOT MENTIONED  ",
        "**Answer:** Unknown",
        "<think>It is red. Yes.</think>\nNo information available.",
        '{"answer": "Not specified"}',
        "Ｎｏｔ ｍｅｎｔｉｏｎｅｄ",
        "\u201cNot mentioned\u201d",
    ],
)
def test_markup_and_odd_characters_do_not_hide_it(answer: str) -> None:
    assert declines(answer)


def test_people_of_the_question_tell_answers_from_talk_about_others() -> None:
    answer = "There is no information about that. However, Vera plays the cello."
    assert declines(answer, "What instrument does Tomas play?")
    answer = "There is no direct statement about that. However, Vera plays the cello."
    assert not declines(answer, "What instrument does Vera play?")


@pytest.mark.parametrize(
    "answer",
    [
        "the " * 5000 + "is not mentioned",
        "no " * 5000,
        "i'm sorry, " * 2000,
        ", but not ".join(["it"] * 3000),
        "(" * 5000,
        "A" * 1_000_000,
    ],
)
def test_no_answer_takes_long(answer: str) -> None:
    begun = time.process_time()
    declines(answer)
    assert time.process_time() - begun < 1

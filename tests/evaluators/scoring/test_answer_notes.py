"""Notes on answers: what each kind says, and that plain answers say nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.evaluators.scoring import score
from locomo_vqa.evaluators.scoring.answer_dates import days_in, years_in
from locomo_vqa.evaluators.scoring.answer_notes import notes_on_answers
from locomo_vqa.evaluators.scoring.answer_texts import fault_of
from locomo_vqa.runs import Prediction

SAMPLE = load_benchmark("sample")
TEXT = [q for q in SAMPLE.text_questions if q.category != 5]
TEMPORAL = [q for q in TEXT if q.category == 2]
YEARS = {session.time.year for c in SAMPLE.conversations for session in c.sessions}


def answered(answers: dict[str, str]) -> list[Prediction]:
    return [Prediction(question_id=i, prediction=a, state="ok") for i, a in answers.items()]


def notes(answers: dict[str, str]) -> list[str]:
    return notes_on_answers(answered(answers), SAMPLE, split="all")


def right() -> dict[str, str]:
    return {q.id: str(q.answer) for q in TEXT}


@pytest.mark.parametrize(
    "text",
    [
        "[generation_error: the request timed out]",
        "Error code: 429 - {'error': {'message': 'Rate limit reached'}}",
        "Error: connection refused",
        "ERROR",
        "openai.RateLimitError: quota",
        "An error occurred while generating the answer.",
        "The request timed out.",
        "Failed to generate a response",
        "503 Service Unavailable",
        'Traceback (most recent call last):\n  File "x.py", line 1',
    ],
)
def test_error_messages(text: str) -> None:
    assert fault_of(text) == "error"


@pytest.mark.parametrize("text", ["None", "(empty)", "N/A", "null", "...", "—", "<answer>", "[]"])
def test_placeholders(text: str) -> None:
    assert fault_of(text) == "placeholder"


@pytest.mark.parametrize(
    "text",
    [
        "<think>They ask me.</think>\nPepper",
        "so it is five.</think> five",
        "<|channel|>final<|message|>Pepper",
        "Okay, so the user is asking about the cat",
        "Thought: look at the memories",
    ],
)
def test_thoughts(text: str) -> None:
    assert fault_of(text) == "thoughts"


@pytest.mark.parametrize(
    "text", ['{"answer": "Pepper"}', '```json\n{"answer": 3}\n```', "{'answer': 'x'}", '["a", "b"]']
)
def test_json(text: str) -> None:
    assert fault_of(text) == "json"


@pytest.mark.parametrize(
    "text",
    [
        "Pepper",
        "3",
        "No.",
        "He made an error in the recipe",
        "Trial and error: she tried it twice.",
        "Terror: it was a film of that name",
        "She failed to get the job",
        "I think it was red",
        "There is nothing about that in the memories.",
        "Nonetheless she went",
        "The user manual of the camera",
        "Well, so they say",
        "[a red boat]",
        "1939 cars",
        "“The Empty Chair”",
    ],
)
def test_plain_answers_have_no_fault(text: str) -> None:
    assert fault_of(text) is None


def test_a_long_answer_is_looked_through_once() -> None:
    began = time.process_time()
    for text in ("error" * 400_000, "a." * 1_000_000, "[" * 1_000_000, "x_" * 500_000, " " * 10**6):
        fault_of(text)
    assert days_in("1 May 2023 " * 10**6) == {date(2023, 5, 1)}
    assert time.process_time() - began < 20, "it grows with the square of the length"


def test_the_gold_answers_of_the_sample_say_nothing() -> None:
    assert notes(right()) == []
    assert notes({}) == []


def test_one_answer_to_many_questions() -> None:
    none = {q.id: "I can't find that." for q in TEXT[:30]}
    (note,) = notes({**right(), **none})
    share = f"{30 / len(TEXT):.0%}"
    assert note == (
        f"One answer, “I can't find that.”, is given to 30 of {len(TEXT)} ({share}) text questions."
    )
    golds = tuple(
        replace(q, answer="I can't find that") if q.id in none else q for q in SAMPLE.text_questions
    )
    benchmark = replace(SAMPLE, text_questions=golds)
    assert notes_on_answers(answered({**right(), **none}), benchmark, split="all") == []
    fewer = {q.id: "I can't find that." for q in TEXT[: len(TEXT) // 5]}
    assert notes({**right(), **fewer}) == []


def test_answers_to_adversarial_questions_may_be_one() -> None:
    silent = {q.id: "Not mentioned" for q in SAMPLE.text_questions if q.category == 5}
    assert notes({**right(), **silent}) == []


def test_each_kind_of_fault_is_counted_with_an_example() -> None:
    first, second, third, *_ = TEXT
    found = notes({**right(), first.id: "Error: no model", second.id: "Error: no model again"})
    assert found == [
        f"2 answers are error messages, such as “Error: no model” to {first.id}; scored like any "
        "other answer."
    ]
    (one,) = notes({**right(), third.id: '{"answer": 3}'})
    assert one.startswith('1 answer is JSON or a block of code, such as “{"answer": 3}” to ')


def test_a_placeholder_is_noted_if_there_are_several_and_it_is_not_the_gold_answer() -> None:
    assert notes({**right(), TEXT[0].id: "None"}) == []
    (note,) = notes({**right(), **{q.id: "None" for q in TEXT[:3]}})
    assert note.startswith("3 answers are placeholders, such as “None”")
    golds = {q.id for q in TEXT[:3]}
    none = tuple(replace(q, answer="None") if q.id in golds else q for q in SAMPLE.text_questions)
    benchmark = replace(SAMPLE, text_questions=none)
    same = answered({**right(), **dict.fromkeys(golds, "none.")})
    assert notes_on_answers(same, benchmark, split="all") == []


def test_failed_rows_are_not_answers() -> None:
    rows = [Prediction(question_id=q.id, prediction=None, state="error") for q in TEXT]
    assert notes_on_answers(rows, SAMPLE, split="all") == []


def test_years_outside_the_conversation() -> None:
    late = max(YEARS) + 2
    some = {q.id: f"In {late}, number {n}" for n, q in enumerate(TEMPORAL[:8])}
    (note,) = notes({**right(), **some})
    assert note.startswith(
        f"The year is outside the conversation in 8 of {len(TEMPORAL)} "
        f"({8 / len(TEMPORAL):.0%}) answers to temporal questions, most often {late}. "
    )
    fewer = {q.id: f"In {late}, number {n}" for n, q in enumerate(TEMPORAL[:5])}
    assert notes({**right(), **fewer}) == []


def test_one_day_in_many_answers() -> None:
    year = max(YEARS)
    mixed = sorted(TEMPORAL, key=lambda q: q.index)
    some = {q.id: f"On June 13th, {year} ({n})" for n, q in enumerate(mixed[:5])}
    (note,) = notes({**right(), **some})
    assert note == (
        f"One day, 13 June {year}, is in 5 of {len(TEMPORAL)} ({5 / len(TEMPORAL):.0%}) answers to "
        "temporal questions, and not in their gold answers."
    )
    assert notes({**right(), **dict(list(some.items())[:4])}) == []
    one = [replace(q, conversation=TEMPORAL[0].conversation) for q in SAMPLE.text_questions]
    benchmark = replace(SAMPLE, text_questions=tuple(one))
    assert notes_on_answers(answered({**right(), **some}), benchmark, split="all") == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7 May 2023", date(2023, 5, 7)),
        ("on the 7th of May, 2023.", date(2023, 5, 7)),
        ("May 7, 2023", date(2023, 5, 7)),
        ("Sept. 3rd 2022", date(2022, 9, 3)),
        ("2023-05-07T10:00", date(2023, 5, 7)),
        ("31 February 2023", None),
        ("May 2023", None),
    ],
)
def test_days(text: str, day: Any) -> None:
    assert days_in(text) == ({day} if day else frozenset())


@pytest.mark.parametrize(
    ("text", "years"),
    [("in 2022 or 2023", {2022, 2023}), ("7 May 2023", {2023}), ("$2000, 2,023 and 20235", set())],
)
def test_years(text: str, years: set[int]) -> None:
    assert years_in(text) == years


def test_score_says_so() -> None:
    report = score(
        dict.fromkeys((q.id for q in TEXT), "Error: no model"),
        benchmark=SAMPLE,
        metrics=["f1"],
        progress=False,
    )
    assert sum("Error: no model" in note for note in report.notes) == 2

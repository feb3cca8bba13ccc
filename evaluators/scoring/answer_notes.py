"""Writes notes on answers that say more about the harness than about the memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import Question, gold_answer, questions_answered
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.text import counted

from .answer_dates import days_in, in_words, years_in
from .answer_texts import AnswerFault, fault_of

__all__ = ["notes_on_answers"]

SAME_ANSWER = 0.2
"""The share of text questions above which one answer to them is noted. In 25 published result
files the commonest answer has at most 0.01; in two, with verdicts on few questions, 0.2."""

PLACEHOLDERS = 0.01
"""The share of placeholders above which they are noted: "None" can be the answer to a question."""

OUTSIDE_YEARS = 0.15
"""The share of answers to temporal questions above which years outside the conversation are noted.
In 25 published result files it is at most 0.08, and 0.31 in one, which dated by the clock."""

ONE_DAY = 0.1
"""The share of answers to temporal questions above which one day in them is noted. In the same
files it is at most 0.02, and 0.19 in that one."""

_FEW = 5
"""With fewer answers of a kind, a share of them says nothing."""

_TEMPORAL = 2
_MOST_SHOWN = 80

_FAULTS: Mapping[AnswerFault, tuple[str, str]] = {
    "error": ("is an error message", "are error messages"),
    "placeholder": ("is a placeholder", "are placeholders"),
    "thoughts": ("holds a model's thoughts or markup", "hold a model's thoughts or markup"),
    "json": ("is JSON or a block of code", "are JSON or a block of code"),
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer to a question that has a gold answer."""

    question: Question
    text: str


def notes_on_answers(
    predictions: Sequence[Prediction], benchmark: Benchmark, *, split: SplitChoice
) -> list[str]:
    """Return a note on each thing that makes answers doubtful, whatever they are worth.

    Noted are one answer to many questions, answers that are errors, placeholders, thoughts or JSON,
    years outside the conversation, and one day in many answers. Answers in a failed state and
    adversarial questions don't count, nor do answers equal to the gold answer.
    """
    asked = {
        question.id: question for question in questions_answered(benchmark, split, predictions)
    }
    answers = [
        _Answer(asked[row.question_id], row.prediction)
        for row in predictions
        if row.question_id in asked and row.state == "ok" and row.prediction
        if gold_answer(asked[row.question_id]) is not None
    ]
    in_text = [answer for answer in answers if isinstance(answer.question, TextQuestion)]
    temporal = [
        answer
        for answer in in_text
        if isinstance(answer.question, TextQuestion) and answer.question.category == _TEMPORAL
    ]
    return [
        *_on_one_answer(in_text),
        *_on_faults(answers),
        *_on_years(temporal, _years_by_conversation(benchmark)),
        *_on_one_day(temporal),
    ]


def _on_one_answer(answers: Sequence[_Answer]) -> Iterator[str]:
    counts = Counter(
        text
        for answer in answers
        if (text := _folded(answer.text)) != _folded(answer.question.answer or "")
    )
    for text, number in counts.most_common(1):
        if number >= _FEW and number > SAME_ANSWER * len(answers):
            example = next(each.text for each in answers if _folded(each.text) == text)
            yield (
                f"One answer, {_quoted(example)}, is given to {_share(number, len(answers))} text "
                "questions."
            )


def _on_faults(answers: Sequence[_Answer]) -> Iterator[str]:
    found: dict[AnswerFault, list[_Answer]] = {}
    for answer in answers:
        fault = fault_of(answer.text)
        if fault is not None and _folded(answer.text) != _folded(answer.question.answer or ""):
            found.setdefault(fault, []).append(answer)
    for kind, (one, many) in _FAULTS.items():
        here = found.get(kind, [])
        if not here or (kind == "placeholder" and len(here) <= PLACEHOLDERS * len(answers)):
            continue
        first = here[0]
        yield (
            f"{counted(len(here), 'answer')} {one if len(here) == 1 else many}, such as "
            f"{_quoted(first.text)} to {first.question.id}; scored like any other answer."
        )


def _on_years(temporal: Sequence[_Answer], years: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    outside = []
    for answer in temporal:
        first, last = years[answer.question.conversation]
        named = years_in(answer.text) - years_in(answer.question.answer or "")
        if named and not any(first <= year <= last for year in years_in(answer.text)):
            outside.append(answer)
    if len(outside) >= _FEW and len(outside) > OUTSIDE_YEARS * len(temporal):
        common, _ = Counter(y for a in outside for y in sorted(years_in(a.text))).most_common(1)[0]
        yield (
            f"The year is outside the conversation in {_share(len(outside), len(temporal))} "
            f"answers to temporal questions, most often {common}. Does the system date by the "
            "time of the run instead of the conversation's?"
        )


def _on_one_day(temporal: Sequence[_Answer]) -> Iterator[str]:
    where: dict[date, list[str]] = {}
    for answer in temporal:
        for day in days_in(answer.text) - days_in(answer.question.answer or ""):
            where.setdefault(day, []).append(answer.question.conversation)
    for day, conversations in where.items():
        number = len(conversations)
        if number < _FEW or len(set(conversations)) < 2:
            continue  # A conversation may have a day that much is said about.
        if number > ONE_DAY * len(temporal):
            yield (
                f"One day, {in_words(day)}, is in {_share(number, len(temporal))} answers to "
                "temporal questions, and not in their gold answers."
            )


def _years_by_conversation(benchmark: Benchmark) -> dict[str, tuple[int, int]]:
    """Return the years of each conversation's first and last session."""
    return {
        conversation.id: (
            min(session.time.year for session in conversation.sessions),
            max(session.time.year for session in conversation.sessions),
        )
        for conversation in benchmark.conversations
        if conversation.sessions
    }


def _share(number: int, whole: int) -> str:
    return f"{number:,} of {whole:,} ({number / whole:.0%})"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .")


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line if len(line) <= _MOST_SHOWN else line[: _MOST_SHOWN - 1] + '…'}”"

"""Writes the notes on how a file was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.files import some
from locomo_vqa.text import counted

from .fields import shown
from .join import Joined
from .questions import gold_fits
from .rows import SourceRow

__all__ = ["notes_on", "rows_phrase"]

_SUSPICIOUS = 0.9


def notes_on(
    joined: Joined, questions: Mapping[str, TextQuestion], prediction_key: str
) -> tuple[str, ...]:
    """Return the notes, as sentences; `questions` has the benchmark's text questions by id."""
    pairs = [(questions[name], row) for name, row in joined.rows.items() if name in questions]
    return (
        *_on_conversations(joined),
        *_on_rows(joined, answers=bool(prediction_key)),
        *_on_truth(pairs),
        *(_on_copies(pairs, prediction_key) if prediction_key else ()),
    )


def rows_phrase(number: int) -> str:
    """Return a count of rows as a phrase."""
    return counted(number, "row")


def _on_conversations(joined: Joined) -> list[str]:
    notes = []
    if joined.renamed:
        holds = [f"{shown(key)} holds the questions of {name}" for key, name in joined.renamed]
        notes.append(f"Conversation key {some(holds, most=10)}.")
    if joined.spread:
        keys = [shown(key) for key in joined.spread]
        notes.append(
            f"The rows under {some(keys)} belong to several conversations; "
            "each was joined by its text."
        )
    if joined.by_position:
        names = [name for _, name in joined.by_position]
        notes.append(
            f"The rows of {some(names, most=10)} have no question; they were joined by order."
        )
    return notes


def _on_rows(joined: Joined, *, answers: bool) -> list[str]:
    notes = _on_words(joined)
    if joined.repeats:
        notes.append(
            f"A question is repeated in {rows_phrase(len(joined.repeats))}; the first row counts."
        )
    rows = joined.rows.values()
    if numbers := sum(row.was_number for row in rows):
        notes.append(f"The answer is a number in {rows_phrase(numbers)}; it was read as text.")
    if answers and (empty := sum(row.prediction is None for row in rows)):
        notes.append(f"The answer is missing or blank in {rows_phrase(empty)}.")
    return notes


def _on_words(joined: Joined) -> list[str]:
    notes = []
    if joined.respelled:
        notes.append(
            f"The question differs from the benchmark's only in case, quotes, punctuation or a "
            f"label in {rows_phrase(len(joined.respelled))}; they were joined by their words."
        )
    if joined.changed:
        example = shown(joined.changed[0].question or "", 100)
        notes.append(
            f"The question has other words than the benchmark's in "
            f"{rows_phrase(len(joined.changed))}, such as “{example}”; they were joined by "
            "number, category and gold answer."
        )
    return notes


def _on_truth(pairs: Sequence[tuple[TextQuestion, SourceRow]]) -> list[str]:
    notes = []
    golds = sum(
        question.answer is not None and row.gold is not None and not gold_fits(row, question)
        for question, row in pairs
    )
    if golds:
        notes.append(
            f"The file's own gold answers differ from the benchmark's in {rows_phrase(golds)}; "
            "the benchmark's are used."
        )
    categories = sum(row.category not in (None, question.category) for question, row in pairs)
    if categories:
        notes.append(
            f"The file's own categories differ from the benchmark's in {rows_phrase(categories)}; "
            "the benchmark's are used."
        )
    return notes


def _on_copies(pairs: Sequence[tuple[TextQuestion, SourceRow]], prediction_key: str) -> list[str]:
    answered = [(question, row) for question, row in pairs if question.answer is not None]
    copies = sum(row.prediction == question.answer for question, row in answered)
    if not answered or copies < _SUSPICIOUS * len(answered):
        return []
    return [
        f"The answer is identical to the gold answer in {copies:,} of {len(answered):,} "
        f"rows: check that '{prediction_key}' contains predictions."
    ]

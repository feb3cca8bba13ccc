"""Writes the notes on the rows behind the scores."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import Question, questions_answered
from locomo_vqa.files import some
from locomo_vqa.run_notes import recording_notes
from locomo_vqa.runs import FAILED, Prediction, Run, SplitChoice, count_states
from locomo_vqa.text import counted

__all__ = ["failed_in", "notes_on_recording", "notes_on_rows", "notes_on_trial"]

_MOST_PLACES = 10


def failed_in(
    predictions: Sequence[Prediction], benchmark: Benchmark, split: SplitChoice
) -> dict[str, int]:
    """Return the number of rows in each failed state, including adversarial questions."""
    asked = {question.id for question in questions_answered(benchmark, split, predictions)}
    states = count_states([row for row in predictions if row.question_id in asked])
    return {state: number for state, number in states.items() if state in FAILED}


def notes_on_rows(
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    extra: Sequence[str],
) -> list[str]:
    """Return notes on rows that failed or don't count, and on questions without a row.

    `extra` has the places of rows that were left out because they match no question.
    """
    asked = {
        question.id: question for question in questions_answered(benchmark, split, predictions)
    }
    notes = []
    if failed := failed_in(predictions, benchmark, split):
        states = ", ".join(f"{number:,} {state}" for state, number in failed.items())
        notes.append(f"{counted(sum(failed.values()), 'row')} failed: {states}.")
    if extra:
        notes.append(
            f"{counted(len(extra), 'row')} left out: no such question, or it has a row already: "
            f"{some(extra, most=_MOST_PLACES)}."
        )
    others = [row.question_id for row in predictions if row.question_id not in asked]
    if others:
        notes.append(
            f"{counted(len(others), 'row')} for questions outside the split {split}: "
            f"{some(others, most=_MOST_PLACES)}."
        )
    return [*notes, *_on_conversations(predictions, list(asked.values()))]


def notes_on_trial(run: Run | None) -> list[str]:
    """Return a note if a run was a trial, with a limit on questions."""
    limit = run.info.get("limit") if run is not None else None
    if limit is None:
        return []
    return [
        f"A trial: at most {limit:,} of each conversation's questions were asked, and the "
        "others count as missing."
    ]


def notes_on_recording(run: Run | None) -> list[str]:
    """Return notes on lost requests, and on models and temperatures that were not the run's."""
    return [] if run is None else recording_notes(run.info)


def _on_conversations(
    predictions: Sequence[Prediction], questions: Sequence[Question]
) -> list[str]:
    answered = {row.question_id for row in predictions}
    kinds = {isinstance(q, TextQuestion) for q in questions if q.id in answered}
    wanted = {q.conversation for q in questions if isinstance(q, TextQuestion) in kinds}
    given = {q.conversation for q in questions if q.id in answered}
    if not 0 < len(given) < len(wanted):
        return []
    has = "has" if len(given) == 1 else "have"
    return [
        f"Only {len(given)} of {len(wanted)} conversations {has} rows; choose another split or a "
        "smaller benchmark if the others were not asked."
    ]

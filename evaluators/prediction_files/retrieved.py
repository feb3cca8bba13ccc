"""Assigns rankings in a file to the questions that its rows were joined with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.errors import InputError
from locomo_vqa.runs import Hit
from locomo_vqa.text import counted

from .fields import shown
from .join import Joined
from .keys import EVIDENCE_KEYS, snake
from .parts import FilePart
from .rankings import hits_in

__all__ = ["retrieved_by_question"]

_COPIED = 0.9
"""The share of questions whose evidence a key repeats, from which on it holds the evidence."""

Retrieved = Mapping[str, tuple[Hit, ...]]


def retrieved_by_question(
    parts: Sequence[FilePart], joined: Joined, benchmark: Benchmark, path: Path
) -> tuple[Retrieved, list[str]]:
    """Return what was retrieved for each question, and notes on how it was read.

    Raises:
        InputError: the file has no answers, and its rankings repeat the benchmark's evidence.
    """
    keys = list(dict.fromkeys(part.ranking_key for part in parts if part.ranking_key is not None))
    if not keys:
        return {}, []
    names = [conversation.id for conversation in benchmark.conversations]
    by_id = {question.id: question for question in benchmark.text_questions}
    homes = {name: question.conversation for name, question in by_id.items()}
    homes |= {question.id: question.conversation for question in benchmark.visual_questions}
    retrieved = {
        name: hits_in(row.ranking, keys[0], conversation=homes[name], others=names)
        for name, row in joined.rows.items()
        if row.ranking is not None
    }
    has_answers = any(part.keys.prediction for part in parts)
    if snake(keys[0]) in EVIDENCE_KEYS and _repeats_evidence(retrieved, by_id):
        if has_answers:
            return {}, []
        raise InputError(
            f"{path}: has no predictions, and '{shown(keys[0])}' repeats the benchmark's evidence.",
            "Give a file with the system's answers, or with what it retrieved.",
        )
    notes = [f"What was retrieved was read from '{shown(keys[0])}'."]
    if not has_answers:
        notes.append("The file has rankings, and no answers.")
    without = len(joined.rows) - len(retrieved)
    if without:
        notes.append(f"Nothing retrieved is listed in {counted(without, 'row')}.")
    if snake(keys[0]) not in EVIDENCE_KEYS and _repeats_evidence(retrieved, by_id):
        notes.append(
            f"'{shown(keys[0])}' repeats the benchmark's evidence: check that it is a ranking."
        )
    return retrieved, notes


def _repeats_evidence(retrieved: Retrieved, questions: Mapping[str, TextQuestion]) -> bool:
    """Return whether most rankings are exactly the evidence."""
    asked = [(questions[n], hits) for n, hits in retrieved.items() if n in questions and hits]
    same = sum(
        {turn for hit in hits for turn in (hit.turn, *hit.turns) if turn} == {*question.evidence}
        for question, hits in asked
    )
    return bool(asked) and same >= _COPIED * len(asked)

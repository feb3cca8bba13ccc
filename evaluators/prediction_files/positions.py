"""Joins rows without a question by their order, if their number is unambiguous."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.errors import InputError

from .fields import shown
from .groups import Group
from .questions import ConversationQuestions, Questions, gold_fits
from .rows import SourceRow

__all__ = ["join_by_position"]

_REMEDY = "Write the question's text or its id, such as {example}, into every row."
_TOLERATED = 0.1


def join_by_position(
    group: Group, questions: Questions, *, path: Path
) -> list[tuple[TextQuestion, SourceRow]]:
    """Pair a conversation's rows with its questions, or with its questions of categories 1 to 4.

    Raises:
        InputError: the conversation is unknown, the counts differ, or the file's gold answers are
            in a different order.
    """
    remedy = _REMEDY.format(example=next(iter(questions.words)))
    conversation = _conversation_of_group(group, questions)
    numbered = conversation and _pairs_by_number(group.rows, conversation)
    if numbered:
        return numbered
    if conversation is None:
        raise InputError(
            f"{path}: the rows name neither a question nor a conversation of the benchmark.",
            remedy,
        )
    rows = f"{path}: the rows of conversation key {shown(group.key or '-')}"
    asked = _questions_of_count(len(group.rows), conversation)
    if asked is None:
        raise InputError(
            f"{rows} have no question, and their number ({len(group.rows)}) is not the number of "
            f"questions of {conversation.conversation}.",
            remedy,
        )
    pairs = list(zip(asked, _in_order(group.rows), strict=True))
    known = [(q, row) for q, row in pairs if row.gold and q.answer is not None]
    if sum(not gold_fits(row, q) for q, row in known) > _TOLERATED * len(known):
        raise InputError(
            f"{rows} have no question, and their gold answers are not in the order of "
            f"{conversation.conversation}.",
            remedy,
        )
    return pairs


def _pairs_by_number(
    rows: Sequence[SourceRow], conversation: ConversationQuestions
) -> list[tuple[TextQuestion, SourceRow]] | None:
    """Return the pairs by the rows' numbers, if their gold answers show what the numbers count.

    They count all questions or those of categories 1 to 4, from 0 or 1.
    """
    if any(row.index is None for row in rows) or not any(row.gold for row in rows):
        return None
    answerable = [question for question in conversation.in_order if question.category != 5]
    best: list[tuple[TextQuestion, SourceRow]] | None = None
    for asked in (list(conversation.in_order), answerable):
        for base in (0, 1):
            numbers = {n + base: question for n, question in enumerate(asked)}
            pairs = [(q, row) for row in rows if (q := numbers.get(row.index or 0)) is not None]
            known = [(q, row) for q, row in pairs if row.gold and q.answer is not None]
            fits = sum(gold_fits(row, q) for q, row in known)
            if len(pairs) == len(rows) and known and fits >= (1 - _TOLERATED) * len(known):
                best = best or pairs
    return best


def _conversation_of_group(group: Group, questions: Questions) -> ConversationQuestions | None:
    everything = list(questions.conversations.values())
    if group.key is None and len(everything) == 1:
        return everything[0]
    hint = questions.hint(group.key)
    return None if hint is None else questions.conversations[hint]


def _questions_of_count(
    count: int, conversation: ConversationQuestions
) -> Sequence[TextQuestion] | None:
    answerable = tuple(q for q in conversation.in_order if q.category != 5)
    choices = (conversation.in_order, answerable)
    return next((choice for choice in choices if len(choice) == count), None)


def _in_order(rows: Sequence[SourceRow]) -> Sequence[SourceRow]:
    """Return the rows sorted by index if each has a unique one, otherwise in file order."""
    indices = {row.index: row for row in rows}
    if None in indices or len(indices) < len(rows):
        return rows
    return sorted(rows, key=lambda row: row.index or 0)

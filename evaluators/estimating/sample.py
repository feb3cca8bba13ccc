"""Chooses what an estimate asks: two conversations, and some questions of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import Conversation, VisualQuestion
from locomo_vqa.benchmark.questions import Question

__all__ = ["EstimateSample", "choose_sample"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateSample:
    """The conversations that an estimate reads, and the questions that it asks."""

    conversations: tuple[str, ...]
    """A short one and a typical one; all, if there are at most two."""
    questions: frozenset[str]
    """The ids of the questions."""


def choose_sample(
    conversations: Sequence[Conversation],
    questions: Mapping[str, Sequence[Question]],
    number: int,
) -> EstimateSample:
    """Choose the shortest conversation and the one of median length, and questions of each.

    Args:
        conversations: those of the run.
        questions: the run's questions, by conversation.
        number: how many to ask of each, half of them visual; they are spread evenly.
    """
    by_length = sorted(conversations, key=_turns)
    chosen = by_length[:1]
    if len(by_length) > 1:
        chosen.append(by_length[max(1, len(by_length) // 2)])
    ids = {id for each in chosen for id in _spread(questions[each.id], number)}
    order = [each.id for each in conversations if each in chosen]
    return EstimateSample(conversations=tuple(order), questions=frozenset(ids))


def _turns(conversation: Conversation) -> int:
    return sum(len(session.turns) for session in conversation.sessions)


def _spread(questions: Sequence[Question], number: int) -> list[str]:
    visual = [q.id for q in questions if isinstance(q, VisualQuestion)]
    text = [q.id for q in questions if not isinstance(q, VisualQuestion)]
    asked = min(len(visual), max(number // 2, number - len(text)))
    return [*_evenly(text, number - asked), *_evenly(visual, asked)]


def _evenly(ids: Sequence[str], number: int) -> list[str]:
    number = min(number, len(ids))
    return [ids[(2 * place + 1) * len(ids) // (2 * number)] for place in range(number)]

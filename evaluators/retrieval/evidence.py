"""The turns that hold the answer to each question, without the evidence that LoCoMo broke.

Adversarial questions have no evidence: what they ask about was never said. A visual question's
evidence is the turn that shares its image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import scored_questions
from locomo_vqa.runs import SplitChoice

__all__ = ["LEFT_OUT", "Evidence", "EvidenceTurns", "LeftOut", "find_evidence"]

LeftOut = Literal["none", "no_turn"]
LEFT_OUT: Mapping[LeftOut, str] = {
    "none": "LoCoMo names no evidence for the question",
    "no_turn": "every turn that LoCoMo names is missing from the conversation",
}
"""Why a question has no usable evidence, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTurns:
    """The usable evidence of one question."""

    turns: tuple[str, ...]
    """The ids of the turns that hold the answer, each once; never empty."""
    sessions: tuple[int, ...]
    """The numbers of their sessions, each once."""
    broken: tuple[str, ...] = ()
    """What LoCoMo also names, and that is not a turn of the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of a split's questions that have a gold answer."""

    by_question: Mapping[str, EvidenceTurns]
    """By question id, for the questions whose evidence can be used."""
    left_out: Mapping[str, LeftOut]
    """Why each of the other questions has none that can be used, by question id."""

    @property
    def broken(self) -> Mapping[str, tuple[str, ...]]:
        """The entries that name no turn, of questions that have other evidence."""
        return {name: each.broken for name, each in self.by_question.items() if each.broken}

    def count_left_out(self) -> dict[LeftOut, int]:
        """Return the number of questions without usable evidence, by reason."""
        reasons = list(self.left_out.values())
        return {reason: reasons.count(reason) for reason in LEFT_OUT if reason in reasons}


def find_evidence(benchmark: Benchmark, split: SplitChoice = "all") -> Evidence:
    """Return the evidence of the split's questions of categories 1 to 4 and about images.

    An entry that names no turn of the question's conversation is left out; a question without any
    other is left out too. The importer has already repaired what has one possible meaning.
    """
    places = {
        conversation.id: {turn.id: session.number for session, turn in conversation.turns()}
        for conversation in benchmark.conversations
    }
    usable: dict[str, EvidenceTurns] = {}
    left_out: dict[str, LeftOut] = {}
    for question in scored_questions(benchmark, split):
        named = question.evidence if isinstance(question, TextQuestion) else (question.turn,)
        known = places[question.conversation]
        turns = tuple(dict.fromkeys(turn for turn in named if turn in known))
        if turns:
            usable[question.id] = EvidenceTurns(
                turns=turns,
                sessions=tuple(dict.fromkeys(known[turn] for turn in turns)),
                broken=tuple(turn for turn in named if turn not in known),
            )
        else:
            left_out[question.id] = "no_turn" if named else "none"
    return Evidence(by_question=usable, left_out=left_out)

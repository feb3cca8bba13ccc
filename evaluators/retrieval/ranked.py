"""The ranks of every question's evidence, or why a source has none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from locomo_vqa.benchmark import Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.files import some
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.text import counted

from .evidence import Evidence, find_evidence
from .measures import Ranks
from .ranks import RetrievedRanks, rank_retrieved

__all__ = ["Kind", "Level", "Ranked", "RankedQuestion", "rank_evidence"]

Kind = Literal["text", "visual"]
Level = Literal["turns", "sessions"]

_COUNTED = ("ok", "empty", "refused")
"""The states in which what was retrieved counts, whatever the answer."""

NOTHING = "No answer lists what was retrieved."
WHOLE = "Every answer comes from the whole conversation in one passage, so nothing is ranked."
NO_IDS: Mapping[Level, str] = {
    "turns": "What was retrieved names no turns of the conversations.",
    "sessions": "What was retrieved names neither turns nor sessions of the conversations.",
}


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """One question with usable evidence."""

    question: Question
    state: str
    """The prediction's state, or `missing`."""
    turns: Ranks
    """The rank of each turn with the answer; None if it was not retrieved."""
    sessions: Ranks
    """The rank of each session with the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The ranks of all questions of one kind."""

    questions: Sequence[RankedQuestion]
    """The questions with usable evidence, in the benchmark's order: the denominator."""
    why_not: Mapping[Level, str | None]
    """Why nothing can be measured of turns, or of sessions; None if it can."""
    notes: Sequence[str]
    """What a reader should know of the rankings, one sentence each."""
    places: Sequence[int]
    """The number of distinct turns in each ranking, of the answered questions."""


def rank_evidence(
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    kind: Kind,
    evidence: Evidence | None = None,
) -> Ranked:
    """Return at which ranks the evidence of a split's questions was retrieved.

    A question without an answer has no ranks: it counts 0, with its state.

    Args:
        predictions: at most one per question; those for other questions are ignored.
        benchmark: the benchmark whose questions were answered.
        split: the questions of the denominator.
        kind: whether the text questions are measured, or those about an image.
        evidence: the result of `find_evidence`, if it is known.
    """
    usable = (evidence or find_evidence(benchmark, split)).by_question
    given = {prediction.question_id: prediction for prediction in predictions}
    places = {
        conversation.id: {turn.id: session.number for session, turn in conversation.turns()}
        for conversation in benchmark.conversations
    }
    found: dict[str, RetrievedRanks] = {}
    questions = []
    for question in questions_of(benchmark, split):
        if question.id not in usable or isinstance(question, TextQuestion) != (kind == "text"):
            continue
        answer = given.get(question.id)
        ranks = RetrievedRanks()
        if answer is not None and answer.state in _COUNTED:
            ranks = rank_retrieved(answer.retrieved, places[question.conversation])
            found[question.id] = ranks
        own = usable[question.id]
        questions.append(
            RankedQuestion(
                question,
                "missing" if answer is None else answer.state,
                [ranks.turns.get(turn) for turn in own.turns],
                [ranks.sessions.get(session) for session in own.sessions],
            )
        )
    return Ranked(
        questions=questions,
        why_not={
            "turns": _why_not(found.values(), "turns", lambda each: bool(each.turns)),
            "sessions": _why_not(found.values(), "sessions", lambda each: bool(each.sessions)),
        },
        notes=_notes(found),
        places=[len(each.turns) for each in found.values()],
    )


def _why_not(
    rankings: Collection[RetrievedRanks], level: Level, traced: Callable[[RetrievedRanks], bool]
) -> str | None:
    if any(map(traced, rankings)):
        return None
    if any(each.whole for each in rankings):
        return WHOLE
    return NO_IDS[level] if any(each.passages for each in rankings) else NOTHING


def _notes(found: Mapping[str, RetrievedRanks]) -> list[str]:
    """Return notes on rankings of which only a part can be traced."""
    if not any(each.turns or each.sessions for each in found.values()):
        return []
    notes = []
    lost = [
        name for name, each in found.items() if each.passages and each.untraced == each.passages
    ]
    if lost:
        notes.append(
            f"Of {counted(len(lost), 'answer')}, no passage names a turn or a session, unlike "
            f"those of others; they count as nothing found: {some(lost)}."
        )
    whole = [name for name, each in found.items() if each.whole]
    if whole:
        notes.append(
            f"{counted(len(whole), 'answer')} list the whole conversation as one passage, which "
            f"is not a ranking; it counts as nothing found: {some(whole)}."
        )
    strange = {name: each.unknown for name, each in found.items() if each.unknown}
    if strange:
        ids = sum(map(len, strange.values()))
        examples = [f"{each[0]} ({name})" for name, each in strange.items()]
        notes.append(
            f"{counted(ids, 'retrieved id')} in {counted(len(strange), 'answer')} name no turn of "
            f"the conversation; each takes a place in the ranking: {some(examples)}."
        )
    return notes

"""Finds one cause for every wrong answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark, Conversation, TextQuestion
from locomo_vqa.benchmark.questions import Question, scored_questions
from locomo_vqa.runs import Prediction, Run, SplitChoice
from locomo_vqa.scores import Scores

from ..retrieval.evidence import find_evidence
from .about import ConversationWords
from .causes import Finding
from .needs import needs_of
from .passages import Passages, shortened
from .records import MemoryRecord, read_record
from .report import Failure, FailureReport
from .right import is_surely_right
from .text_cause import Keeping, Seen, text_finding
from .visual_cause import visual_finding
from .wrong import wrong_answers

__all__ = ["find_failures"]

_KEEPING: Mapping[str, Keeping] = {
    "bm25": "turns",
    "dense": "turns",
    "full-context": "everything",
    "no-memory": "nothing",
    **dict.fromkeys(("mem0", "mem0-captions", "mem0-v", "memlora", "memlora-v"), "unknown"),
    "duomem": "unknown",
}
"""What the bundled systems keep where no record of their memory is available.

A system that is not here keeps every turn if every passage that it retrieves is a turn, word for
word.
"""

_ANSWERED = ("ok", "empty")


def find_failures(
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    scores: Scores,
    *,
    split: SplitChoice,
    run: Run | None = None,
) -> FailureReport:
    """Return why each wrong answer is wrong.

    A question that the system failed at or declined, or that has no row, has a state and no cause.
    The questions are those of the kinds, text and visual, that any prediction answers.

    Args:
        predictions: at most one per question.
        benchmark: whose questions were answered.
        scores: their scores; J's verdicts say which answers are wrong, if there are any.
        split: the split that was scored.
        run: the run that they come from, whose work folder may have the memory's own record.
    """
    predictions = [shortened(prediction) for prediction in predictions]
    given = {prediction.question_id: prediction for prediction in predictions}
    questions = scored_questions(benchmark, split)
    kinds = {type(question) for question in questions if question.id in given}
    asked = [question for question in questions if type(question) in kinds]
    wrong = wrong_answers(asked, given, scores)
    evidence = find_evidence(benchmark, split).by_question
    places = {each.id: each for each in benchmark.conversations}
    opened: dict[str, _Conversation] = {}
    rows = []
    for question in asked:
        if question.id not in wrong:
            continue
        prediction = given.get(question.id)
        finding = None
        if prediction is not None and prediction.state in _ANSWERED:
            name = question.conversation
            if name not in opened:
                opened[name] = _Conversation(places[name], predictions, benchmark, run)
            found = evidence.get(question.id)
            finding = opened[name].find(question, prediction, found.turns if found else ())
        rows.append(
            Failure(
                question=question,
                state=prediction.state if prediction else "missing",
                judged_by=wrong[question.id],
                finding=finding,
            )
        )
    return FailureReport(rows)


class _Conversation:
    """What is needed for all questions of one conversation, found once."""

    def __init__(
        self,
        conversation: Conversation,
        predictions: Sequence[Prediction],
        benchmark: Benchmark,
        run: Run | None,
    ) -> None:
        self._conversation = conversation
        self._predictions = predictions
        self._benchmark = benchmark
        self._run = run

    def find(self, question: Question, prediction: Prediction, evidence: Sequence[str]) -> Finding:
        """Return the cause of one wrong answer."""
        if is_surely_right(question, prediction.prediction or ""):
            return Finding(
                cause="judged_wrong", why="By strict rules, the answer has all of the gold answer."
            )
        if not isinstance(question, TextQuestion):
            found = self._words.turns.get(question.turn)
            info: Mapping[str, Any] | None = self._run.info if self._run else None
            return visual_finding(
                question, found[1] if found else None, prediction, info, self._seen
            )
        erratum = question.erratum
        if erratum is not None and erratum.changes_score:
            return Finding(
                cause="gold_wrong", why=f"The errata list the gold answer as {erratum.kind}."
            )
        needs = needs_of(question, evidence, self._words) if evidence else []
        return text_finding(needs, prediction, self._seen)

    @cached_property
    def _words(self) -> ConversationWords:
        return ConversationWords.of(self._conversation)

    @cached_property
    def _seen(self) -> Seen:
        every: list[Question] = [
            *self._benchmark.text_questions,
            *self._benchmark.visual_questions,
        ]
        asked = {q.id for q in every if q.conversation == self._conversation.id}
        own = [each for each in self._predictions if each.question_id in asked]
        passages = Passages.of(own, self._words)
        name = self._run.info["system"]["name"] if self._run else ""
        keeping: Keeping = _KEEPING.get(name, "turns" if passages.are_turns else "unknown")
        return Seen(keeping=keeping, record=self._read_record(), passages=passages)

    def _read_record(self) -> MemoryRecord | str | None:
        if self._run is None:
            return None
        return read_record(Path(self._run.folder) / "work" / self._conversation.id)

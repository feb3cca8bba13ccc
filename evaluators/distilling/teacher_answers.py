"""Has a teacher answer the questions of the train split, and keeps the good answers.

Only text questions are asked, without the adversarial ones (category 5), which have no gold answer
to compare with. The teacher does not answer the validation split: its gold answers, with the same
memories, decide when training stops. The test split is never read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.benchmark import Benchmark, Split, TextQuestion
from locomo_vqa.exact_match import exact_match
from locomo_vqa.files import sha256_file, write_json, write_jsonl
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ModelError
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.prompts import prompt_hash

from ..memory import Embedder, MemorySettings, Pipeline, TeacherMemories, open_embedder
from ..memory.prompts import answer_prompt
from ..metrics import get_metric
from ..running.view import ConversationView
from .readiness import has_gold
from .teacher_pipeline import (
    Teacher,
    TeacherPipeline,
    dataset_identity,
    end_of_teacher,
    settings_without_credentials,
)

__all__ = [
    "ANSWERS_FILE",
    "DEFAULT_THRESHOLD",
    "SUMMARY_FILE",
    "VALIDATION_FILE",
    "AnswerMaker",
    "answer_quality",
]

ANSWERS_FILE, VALIDATION_FILE, SUMMARY_FILE = "answers.jsonl", "validation.jsonl", "answers.json"
"""The teacher's good answers, the validation split's gold answers, and a summary of both."""

DEFAULT_THRESHOLD = 0.5
"""The lowest F1 of a good answer; our assumption."""

_PACKAGE = "locomo_vqa.evaluators.prompts"
_State = Literal["kept", "below_threshold", "refused", "failed"]


def answer_quality(reply: str, gold: str) -> float:
    """Return 1 if the answer equals the gold answer by V's rule, otherwise its F1."""
    return 1.0 if exact_match(reply, gold) else get_metric("f1").score(reply, gold)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The outcome of one question."""

    state: _State
    """Whether the answer was kept, and if not, why."""
    row: Mapping[str, Any] | None = None
    """The row of an answer that was kept."""
    error: str | None = None
    """Why the request failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMaker:
    """Makes the teacher's answers."""

    benchmark: Benchmark
    memories: TeacherMemories
    """The memories that answers are made from."""
    teacher: Teacher
    settings: MemorySettings
    """The settings for asking the teacher."""
    student: MemorySettings
    """The settings for asking the student: rows contain its prompts and use its retrieval."""
    threshold: float = DEFAULT_THRESHOLD
    """The lowest F1 of a good answer."""
    out: Path
    """The folder to write to."""
    progress: ProgressCallback

    async def make(self) -> dict[str, Any]:
        """Write the three files, and return the content of answers.json.

        Replies in the teacher's response store are not requested again.

        Raises:
            InputError: the memories of a conversation are missing or were changed.
            OutputError: the files can't be written.
            MissingResource: the teacher's server does not answer.
        """
        asked, gold = _with_gold(self.benchmark, "train"), _with_gold(self.benchmark, "validation")
        embedder = open_embedder(self.student.embedder)
        try:
            outcomes = await self._ask_all(asked, embedder)
            validation = await self._gold_rows(gold, embedder)
        finally:
            await embedder.close()
        rows = [outcomes[q.id].row for q in asked if outcomes[q.id].state == "kept"]
        write_jsonl(self.out / ANSWERS_FILE, rows)
        write_jsonl(self.out / VALIDATION_FILE, validation)
        summary = self._describe(asked, outcomes, len(validation))
        write_json(self.out / SUMMARY_FILE, summary)
        return summary

    async def _ask_all(
        self, questions: Sequence[TextQuestion], embedder: Embedder
    ) -> dict[str, _Outcome]:
        settings = replace(self.settings, top_k=self.student.top_k, embedder=self.student.embedder)
        pipelines = {
            name: TeacherPipeline(self.teacher, settings, embedder).pipeline
            for name in dict.fromkeys(question.conversation for question in questions)
        }
        for name, pipeline in pipelines.items():
            await pipeline.load(self.memories.of(name))

        async def ask(question: TextQuestion) -> _Outcome:
            try:
                return await self._ask(question, pipelines[question.conversation])
            except ModelError as error:
                if ended := end_of_teacher(error):
                    raise ended from None
                return _Outcome(state="failed", error=str(error))

        outcomes: dict[str, _Outcome] = {}
        finished = gather_bounded(questions, ask, at_once=2 * self.teacher.model.in_flight)
        async for question, outcome in finished:
            outcomes[question.id] = outcome
            self.progress("answers", len(outcomes), len(questions))
        return outcomes

    async def _ask(self, question: TextQuestion, pipeline: Pipeline) -> _Outcome:
        now = self._end_of_conversation(question)
        answer = await pipeline.answer(question.question, now)
        if answer.refused or not answer.text:
            return _Outcome(state="refused" if answer.refused else "below_threshold")
        score = answer_quality(answer.text, str(question.answer))
        if score < self.threshold:
            return _Outcome(state="below_threshold")
        memories = [hit.text for hit in answer.retrieved]
        row = self._row(question, memories, answer.text, round(score, 6))
        return _Outcome(state="kept", row=row)

    async def _gold_rows(
        self, questions: Sequence[TextQuestion], embedder: Embedder
    ) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        pipelines: dict[str, Pipeline] = {}
        for question in questions:
            name = question.conversation
            if name not in pipelines:
                pipelines[name] = TeacherPipeline(self.teacher, self.student, embedder).pipeline
                await pipelines[name].load(self.memories.of(name))
            memories = [
                memory.text for memory, _ in await pipelines[name].search(question.question)
            ]
            rows.append(self._row(question, memories, str(question.answer), None))
        return rows

    def _row(
        self, question: TextQuestion, memories: Sequence[str], reply: str, score: float | None
    ) -> dict[str, Any]:
        now, form = self._end_of_conversation(question), self.student.prompts
        prompt = answer_prompt(memories, question.question, form=form, now=now)
        return {"question_id": question.id, "prompt": prompt, "reply": reply, "score": score}

    def _end_of_conversation(self, question: TextQuestion) -> datetime:
        name = question.conversation
        conversation = next(c for c in self.benchmark.conversations if c.id == name)
        return ConversationView(self.benchmark, conversation, "none").now

    def _describe(
        self,
        asked: Sequence[TextQuestion],
        outcomes: Mapping[str, _Outcome],
        validation: int,
    ) -> dict[str, Any]:
        states = Counter(outcome.state for outcome in outcomes.values())
        train = [q for q in self.benchmark.text_questions if q.split == "train"]
        signatures = [get_metric(name).signature for name in ("v", "f1")]
        forms = (self.settings.prompts, self.student.prompts)
        errors = sorted({outcome.error for outcome in outcomes.values() if outcome.error})
        return {
            "schema_version": 1,
            "kind": "teacher_answers",
            "teacher": self.teacher.to_json(),
            "dataset": {**dataset_identity(self.benchmark), "split": "train"},
            "memories_sha256": self.memories.sha256,
            "success": {"threshold": self.threshold, "signatures": signatures},
            "settings": {
                "teacher": settings_without_credentials(self.settings),
                "student": settings_without_credentials(self.student),
            },
            "prompt_sha256": {
                role: prompt_hash((_PACKAGE, f"mem0_answer_{form}_v1"))
                for role, form in zip(("teacher", "student"), forms, strict=True)
            },
            "counts": {
                "questions": len(train),
                "without_gold": len(train) - len(asked),
                "asked": len(asked),
                **{state: states[state] for state in get_args(_State)},
                "validation": validation,
            },
            "errors": errors[:3],
            "files": {
                name: sha256_file(self.out / name) for name in (ANSWERS_FILE, VALIDATION_FILE)
            },
        }


def _with_gold(benchmark: Benchmark, split: Split) -> list[TextQuestion]:
    """Return the text questions of a split that have a gold answer, as in scoring."""
    return [
        question
        for question in benchmark.text_questions
        if question.split == split and has_gold(question)
    ]

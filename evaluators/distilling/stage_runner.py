"""Runs the stages of a distillation in a folder."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from locomo_vqa.arguments import check_option_names
from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.models.names import parse_name
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.responses import ResponseStore
from locomo_vqa.schemas import validate

from ..memory import (
    MEMORY_OPTIONS,
    RUN_ONLY_OPTIONS,
    MemorySettings,
    read_memories,
    refuse_own_prompts,
    student_base,
    student_settings,
)
from ..memory.settings import IMAGE_OPTIONS
from .adapter_check import check_adapter
from .examples import read_examples
from .lora_fit import fit_lora
from .lora_settings import LoraSettings
from .readiness import check_splits, check_trainable
from .stages import DistillStage
from .teacher_answers import ANSWERS_FILE, SUMMARY_FILE, VALIDATION_FILE, AnswerMaker
from .teacher_memories import MadeMemories, make_memories
from .teacher_pipeline import Teacher, open_teacher

__all__ = ["ADAPTER_FOLDER", "MEMORIES_FOLDER", "StageRunner"]

MEMORIES_FOLDER, ADAPTER_FOLDER = "memories", "adapter"
"""The folders of the stages `memories` and `adapter`."""

_RESPONSES = "responses.sqlite"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRunner:
    """The arguments of a distillation; each `make` or `train` method runs a stage."""

    benchmark: Benchmark
    teacher: str
    student: str
    out: Path
    options: Mapping[str, str]
    threshold: float
    lora: LoraSettings
    timeout_s: float
    progress: ProgressCallback

    def check(self, stages: Sequence[DistillStage]) -> None:
        """Check what the stages need before any request: names, options, splits and packages."""
        for parameter, model in (("teacher", self.teacher), ("student", self.student)):
            parse_name(model, parameter=parameter)
        known = [n for n in MEMORY_OPTIONS if n not in (*IMAGE_OPTIONS, *RUN_ONLY_OPTIONS)]
        check_option_names("the distillation", self.options, known)
        refuse_own_prompts(self.teacher_settings, self.student_settings)
        if self.out.exists() and not self.out.is_dir():
            raise OutputError(f"{self.out}: is not a folder.", "Choose another `out`.")
        if "answers" in stages:
            check_splits(self.benchmark, ("train", "validation"), ("generation",))
        if "adapter" in stages:
            base = student_base(self.student, parameter="student")
            if len(stages) > 1:
                check_trainable(base, sees=False)

    @property
    def teacher_settings(self) -> MemorySettings:
        """The settings for asking the teacher."""
        return MemorySettings.from_options(
            self.options, model=self.teacher, system="the distillation"
        )

    @property
    def student_settings(self) -> MemorySettings:
        """The settings with which `duomem` will ask the student."""
        return student_settings(self.options, self.student, system="the distillation")

    def make_memories(self) -> MadeMemories:
        """Have the teacher read every conversation."""
        return self._with_teacher(
            lambda teacher: make_memories(
                self.benchmark,
                teacher,
                self.teacher_settings,
                self.out / MEMORIES_FOLDER,
                progress=self.progress,
            )
        )

    def make_answers(self) -> dict[str, Any]:
        """Have the teacher answer the questions of the train split; return answers.json."""
        memories = read_memories(self.out / MEMORIES_FOLDER)
        return self._with_teacher(
            lambda teacher: AnswerMaker(
                benchmark=self.benchmark,
                memories=memories,
                teacher=teacher,
                settings=self.teacher_settings,
                student=self.student_settings,
                threshold=self.threshold,
                out=self.out,
                progress=self.progress,
            ).make()
        )

    def train_adapter(self) -> dict[str, Any]:
        """Train the student's adapter on the answers; return training.json."""
        remedy = "Run the stage answers again, alone or with the other stages."
        path = self.out / SUMMARY_FILE
        if not path.is_file():
            raise InputError(f"{self.out}: the teacher's answers have not been made yet.", remedy)
        summary = read_json(path, what="the summary of the answers")
        validate(summary, "teacher_answers", path=path, remedy=remedy)
        for name, sha256 in summary["files"].items():
            if not (self.out / name).is_file() or sha256_file(self.out / name) != sha256:
                raise InputError(
                    f"{self.out / name}: differs from its description in {SUMMARY_FILE}.", remedy
                )
        return fit_lora(
            student_base(self.student, parameter="student"),
            read_examples(self.out / ANSWERS_FILE),
            read_examples(self.out / VALIDATION_FILE),
            self.lora,
            self.out / ADAPTER_FOLDER,
            progress=self.progress,
        )

    def check_adapter(self) -> dict[str, Any]:
        """Compare the student with and without the adapter on the validation questions."""
        with ResponseStore(self.out / _RESPONSES) as store:
            return check_adapter(
                parse_name(self.student, parameter="student"),
                self.out / ADAPTER_FOLDER,
                read_examples(self.out / VALIDATION_FILE),
                store,
                progress=self.progress,
            )

    def _with_teacher(self, work: Callable[[Teacher], Awaitable[_T]]) -> _T:
        """Open the teacher, whose replies are stored, and return the result of `work` with it."""

        async def with_open_teacher(store: ResponseStore) -> _T:
            async with open_teacher(self.teacher, store, self.timeout_s) as teacher:
                return await work(teacher)

        with ResponseStore(self.out / _RESPONSES) as store:
            return asyncio.run(with_open_teacher(store))

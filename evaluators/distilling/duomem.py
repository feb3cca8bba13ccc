"""DuoMem's distillation in a folder: memories/, answers.jsonl and adapter/, stage by stage.

What is there is kept, replies of the teacher are in responses.sqlite: the same command, given
again, goes on where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.responses import ResponseStore
from locomo_vqa.schemas import validate

from ..memory.memory_folder import read_memories
from ..memory.settings import OPTIONS as MEM0_OPTIONS
from ..memory.settings import MemorySettings
from ..memory.student import student_base
from ..systems.duomem.settings import read_settings
from .examples import read_examples
from .lora_fit import fit_lora
from .lora_settings import LoraSettings
from .teacher_answers import ANSWERS, DEFAULT_THRESHOLD, SUMMARY, VALIDATION, AnswerMaker
from .teacher_memories import MadeMemories, make_memories
from .teacher_pipeline import Tick, open_teacher

__all__ = ["ADAPTER", "MEMORIES", "DuoMemDistillation"]

MEMORIES, ADAPTER = "memories", "adapter"
_RESPONSES = "responses.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuoMemDistillation:
    """What it takes; each method is a stage.

    Raises:
        InputError: an option makes no sense, or a stage needs one that was not run.
        OutputError: the folder holds something else, or can't be written.
        MissingResource: a model can't be used on this machine, or does not answer.
    """

    benchmark: Benchmark
    teacher: str
    """The teacher's name."""
    student: str
    """The student's."""
    out: Path
    options: Mapping[str, str] = field(default_factory=dict)
    """What was given with `--option`: mem0's, for the teacher's stages and the student's answers.

    Prompts and lengths that are not given are those of each model."""
    threshold: float = DEFAULT_THRESHOLD
    lora: LoraSettings = field(default_factory=LoraSettings)
    timeout_s: float = 120.0
    tick: Tick

    def check(self, *, trains: bool) -> None:
        """Check names and options before anything is paid for; `trains` an adapter."""
        for name in self.options:
            if name not in MEM0_OPTIONS or name in ("vision", "pictures"):
                raise InputError(
                    f"--option {name}: distilling has no such option.",
                    f"It has {', '.join(n for n in MEM0_OPTIONS if n not in _SEEING)}.",
                )
        _ = self.teacher_settings, self.student_settings
        if trains:
            student_base(self.student, "--student")
        if self.out.exists() and not self.out.is_dir():
            raise OutputError(f"{self.out}: is no folder.", "Choose another --out.")

    @property
    def teacher_settings(self) -> MemorySettings:
        """How the teacher is asked."""
        return MemorySettings.read(self.options, model=self.teacher)

    @property
    def student_settings(self) -> MemorySettings:
        """How the student will be asked by `duomem`."""
        return read_settings(self.options, self.student)

    def memories(self) -> MadeMemories:
        """Have the teacher read every conversation."""

        async def work(store: ResponseStore) -> MadeMemories:
            async with open_teacher(self.teacher, store, self.timeout_s) as teacher:
                return await make_memories(
                    self.benchmark,
                    teacher,
                    self.teacher_settings,
                    self.out / MEMORIES,
                    tick=self.tick,
                )

        with self._store() as store:
            return asyncio.run(work(store))

    def answers(self) -> dict[str, Any]:
        """Have the teacher answer the train split's questions; return answers.json."""
        memories = read_memories(self.out / MEMORIES)

        async def work(store: ResponseStore) -> dict[str, Any]:
            async with open_teacher(self.teacher, store, self.timeout_s) as teacher:
                maker = AnswerMaker(
                    benchmark=self.benchmark,
                    memories=memories,
                    teacher=teacher,
                    settings=self.teacher_settings,
                    student=self.student_settings,
                    threshold=self.threshold,
                    out=self.out,
                    tick=self.tick,
                )
                return await maker.make()

        with self._store() as store:
            return asyncio.run(work(store))

    def adapter(self) -> dict[str, Any]:
        """Train the student's adapter on the answers; return training.json."""
        path = self.out / SUMMARY
        if not path.is_file():
            raise InputError(
                f"{self.out}: has no teacher's answers yet.",
                "Give the same command with --only answers first.",
            )
        summary = read_json(path, what="the summary of the answers")
        validate(summary, "teacher_answers", path=path, remedy="Make the answers again.")
        for name, sha256 in summary["files"].items():
            if not (self.out / name).is_file() or sha256_file(self.out / name) != sha256:
                raise InputError(
                    f"{self.out / name}: is not what {SUMMARY} describes.",
                    "Give the same command with --only answers first.",
                )
        return fit_lora(
            student_base(self.student, "--student"),
            read_examples(self.out / ANSWERS),
            read_examples(self.out / VALIDATION),
            self.lora,
            self.out / ADAPTER,
            tick=self.tick,
        )

    def _store(self) -> ResponseStore:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.out}: can't be made ({error.strerror}).", "Choose another --out."
            ) from None
        return ResponseStore(self.out / _RESPONSES)


_SEEING = ("vision", "pictures")

"""DuoMem's distillation in a folder: memories/, answers.jsonl and adapter/, stage by stage.

Finished results are kept, and the teacher's replies are in responses.sqlite, so the same call
continues where the last one stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from locomo_vqa.arguments import check_choice, check_number, check_option_names
from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.responses import ResponseStore
from locomo_vqa.schemas import validate

from ..memory import (
    MEMORY_OPTIONS,
    MemorySettings,
    read_memories,
    student_base,
    student_settings,
)
from ..memory.settings import IMAGE_OPTIONS
from .examples import read_examples
from .lora_fit import fit_lora
from .lora_settings import LoraSettings
from .stages import DISTILL_STAGES, DistillStage
from .teacher_answers import (
    ANSWERS_FILE,
    DEFAULT_THRESHOLD,
    SUMMARY_FILE,
    VALIDATION_FILE,
    AnswerMaker,
)
from .teacher_memories import MadeMemories, make_memories
from .teacher_pipeline import Teacher, open_teacher

__all__ = ["Distillation", "distill"]

_MEMORIES_FOLDER, _ADAPTER_FOLDER = "memories", "adapter"
_RESPONSES = "responses.sqlite"
_LONGEST_TIMEOUT_S = 86_400
_T = TypeVar("_T")


@dataclass(slots=True, kw_only=True)
class Distillation:
    """The result of a distillation."""

    out: Path
    """The folder."""
    memories: MadeMemories | None = None
    """The teacher's memories; None if the stage did not run."""
    answers: Mapping[str, Any] | None = None
    """The content of answers.json; None if the stage did not run."""
    training: Mapping[str, Any] | None = None
    """The content of the adapter's training.json; None if the stage did not run."""
    failures: dict[str, str] = field(default_factory=dict)
    """Why requests failed, by conversation or stage; they are repeated by the next call."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options for a run of `duomem` that uses everything in the folder."""

    def to_json(self) -> dict[str, Any]:
        """Return the main figures of the stages that ran, and the failures."""
        figures: dict[str, Any] = {}
        if self.memories is not None:
            figures["memories"] = {
                "conversations": self.memories.conversations,
                "memories": self.memories.memories,
            }
        if self.answers is not None:
            figures["answers"] = self.answers["counts"]
        if self.training is not None:
            best = self.training["epochs"][self.training["best_epoch"] - 1]
            figures["adapter"] = {
                "epochs": len(self.training["epochs"]),
                "best_epoch": self.training["best_epoch"],
                "validation_loss": best["validation_loss"],
                "validation_loss_before": self.training["validation_loss_before"],
                "trainable_parameters": self.training["trainable_parameters"],
                "too_long": self.training["examples"]["train"]["too_long"],
            }
        return {**figures, "failures": self.failures}


def distill(
    benchmark: Benchmark | str | Path,
    *,
    teacher: str,
    student: str,
    out: str | Path,
    only: DistillStage | None = None,
    options: Mapping[str, str] | None = None,
    threshold: float = DEFAULT_THRESHOLD,
    lora: LoraSettings | None = None,
    timeout: float = 120.0,
    progress: bool | ProgressCallback = True,
) -> Distillation:
    """Make what the system `duomem` uses: a teacher's memories, and a LoRA of its good answers.

    The same call continues where the last one stopped. If a conversation could not be read, the
    later stages do not run.

    Args:
        benchmark: the benchmark, its folder, or its name.
        teacher: the name of the model that remembers and answers.
        student: the name of the model that learns.
        out: the folder to write to.
        only: the only stage to run; None runs all.
        options: options of mem0's pipeline for both models; prompts and lengths that are not given
            are the defaults of each model.
        threshold: the F1 with the gold answer, from 0 to 1, from which an answer is good.
        lora: how the adapter is trained.
        timeout: the seconds that one request to the teacher may take.
        progress: whether to show bars, or a callback.

    Raises:
        InputError: an argument can't be used, or a stage needs an earlier one.
        OutputError: the folder has results of other arguments, or can't be written.
        MissingResource: a model can't be used on this machine, or its server does not answer.
    """
    if only is not None:
        check_choice("only", only, DISTILL_STAGES)
    check_number("threshold", threshold, low=0, high=1)
    check_number("timeout", timeout, low=0.1, high=_LONGEST_TIMEOUT_S)
    stages = DISTILL_STAGES if only is None else (only,)
    with progress_reporter(progress) as report:
        work = _Work(
            benchmark=benchmark if isinstance(benchmark, Benchmark) else load_benchmark(benchmark),
            teacher=teacher,
            student=student,
            out=Path(out),
            options=dict(options or {}),
            threshold=threshold,
            lora=lora or LoraSettings(),
            timeout_s=timeout,
            progress=report,
        )
        work.check(trains="adapter" in stages)
        result = Distillation(out=work.out)
        _run_stages(work, stages, result)
    folders = [name for name in (_MEMORIES_FOLDER, _ADAPTER_FOLDER) if (work.out / name).is_dir()]
    result.options = {**work.options, **{name: str(work.out / name) for name in folders}}
    return result


def _run_stages(work: _Work, stages: tuple[DistillStage, ...], result: Distillation) -> None:
    if "memories" in stages:
        result.memories = work.make_memories()
        result.failures |= result.memories.failed
        if result.failures:
            return
    if "answers" in stages:
        result.answers = work.make_answers()
        if result.answers["counts"]["failed"]:
            result.failures["answers"] = "; ".join(result.answers["errors"])
    if "adapter" in stages:
        result.training = work.train_adapter()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """The checked arguments of a distillation; each method runs a stage."""

    benchmark: Benchmark
    teacher: str
    student: str
    out: Path
    options: Mapping[str, str]
    threshold: float
    lora: LoraSettings
    timeout_s: float
    progress: ProgressCallback

    def check(self, *, trains: bool) -> None:
        """Check names and options before any request; `trains` an adapter."""
        known = [name for name in MEMORY_OPTIONS if name not in IMAGE_OPTIONS]
        check_option_names("the distillation", self.options, known)
        _ = self.teacher_settings, self.student_settings
        if trains:
            student_base(self.student, parameter="student")
        if self.out.exists() and not self.out.is_dir():
            raise OutputError(f"{self.out}: is not a folder.", "Choose another `out`.")

    @property
    def teacher_settings(self) -> MemorySettings:
        """How the teacher is asked."""
        return MemorySettings.from_options(
            self.options, model=self.teacher, system="the distillation"
        )

    @property
    def student_settings(self) -> MemorySettings:
        """How `duomem` will ask the student."""
        return student_settings(self.options, self.student, system="the distillation")

    def make_memories(self) -> MadeMemories:
        """Let the teacher read every conversation."""
        return self._with_teacher(
            lambda teacher: make_memories(
                self.benchmark,
                teacher,
                self.teacher_settings,
                self.out / _MEMORIES_FOLDER,
                progress=self.progress,
            )
        )

    def make_answers(self) -> dict[str, Any]:
        """Let the teacher answer the questions of the train split; return answers.json."""
        memories = read_memories(self.out / _MEMORIES_FOLDER)
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
        remedy = "Run the stage answers again, alone or with the others."
        path = self.out / SUMMARY_FILE
        if not path.is_file():
            raise InputError(f"{self.out}: the teacher's answers were not made yet.", remedy)
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
            self.out / _ADAPTER_FOLDER,
            progress=self.progress,
        )

    def _with_teacher(self, work: Callable[[Teacher], Awaitable[_T]]) -> _T:
        """Return the result of `work` with the open teacher, whose replies are stored."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.out}: can't be created ({error.strerror}).", "Choose another `out`."
            ) from None

        async def with_open_teacher(store: ResponseStore) -> _T:
            async with open_teacher(self.teacher, store, self.timeout_s) as teacher:
                return await work(teacher)

        with ResponseStore(self.out / _RESPONSES) as store:
            return asyncio.run(with_open_teacher(store))

"""DuoMem's distillation in stages, which write memories/, answers.jsonl and adapter/.

Finished results are kept, and the teacher's replies are in responses.sqlite, so repeating the
call resumes where the last one stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_choice, check_number
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.progress import ProgressCallback, progress_reporter

from .lora_settings import LoraSettings
from .out_folder import locked_out
from .stage_runner import ADAPTER_FOLDER, MEMORIES_FOLDER, StageRunner
from .stages import DISTILL_STAGES, DistillStage
from .teacher_answers import DEFAULT_THRESHOLD
from .teacher_memories import MadeMemories

__all__ = ["Distillation", "distill"]

_LONGEST_TIMEOUT_S = 86_400


@dataclass(slots=True, kw_only=True)
class Distillation:
    """The result of a distillation."""

    out: Path
    """The folder with the results."""
    memories: MadeMemories | None = None
    """The teacher's memories; None if the stage did not run."""
    answers: Mapping[str, Any] | None = None
    """The content of answers.json; None if the stage did not run."""
    training: Mapping[str, Any] | None = None
    """The content of the adapter's training.json; None if the stage did not run."""
    validation: Mapping[str, Any] | None = None
    """What the student answers to the validation questions, over the teacher's memories, without
    and with the adapter: F1, the share of replies that contain the gold answer, and words; None if
    no adapter was trained."""
    failures: dict[str, str] = field(default_factory=dict)
    """Why requests failed, by conversation or stage; the next call retries them."""
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
        if self.validation is not None:
            figures["validation"] = dict(self.validation)
        return {**figures, "failures": self.failures}


@checked
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
    """Make a teacher's memories and a LoRA of its good answers, for the system `duomem`.

    Repeating the call resumes where the last one stopped. If a conversation could not be read, the
    later stages do not run.

    Args:
        benchmark: the benchmark, its folder, or its name.
        teacher: the name of the model that remembers and answers.
        student: the name of the model that learns.
        out: the folder to write to.
        only: the only stage to run; None runs all.
        options: options of mem0's pipeline for both models; prompts and lengths default to each
            model's own.
        threshold: the lowest F1 with the gold answer, from 0 to 1, of a good answer.
        lora: how the adapter is trained.
        timeout: the time limit of one request to the teacher, in seconds.
        progress: whether to show progress bars, or a callback.

    Raises:
        InputError: an argument can't be used, or a stage needs an earlier one.
        OutputError: the folder has results from other arguments, another process is writing it, or
            it can't be written.
        MissingResource: a model can't be used on this machine, or its server does not answer.
    """
    if lora is not None and not isinstance(lora, LoraSettings):
        raise InputError(f"`lora` must be a LoraSettings, not {lora!r}.", "Correct `lora`.")
    if only is not None:
        check_choice("only", only, DISTILL_STAGES)
    check_number("threshold", threshold, low=0, high=1)
    check_number("timeout", timeout, low=0.1, high=_LONGEST_TIMEOUT_S)
    stages = DISTILL_STAGES if only is None else (only,)
    with progress_reporter(progress) as report:
        runner = StageRunner(
            benchmark=load_argument(benchmark),
            teacher=teacher,
            student=student,
            out=Path(out),
            options=dict(options or {}),
            threshold=threshold,
            lora=lora or LoraSettings(),
            timeout_s=timeout,
            progress=report,
        )
        runner.check(stages)
        result = Distillation(out=runner.out)
        with locked_out(runner.out):
            _run_stages(runner, stages, result)
    folders = [name for name in (MEMORIES_FOLDER, ADAPTER_FOLDER) if (runner.out / name).is_dir()]
    result.options = {**runner.options, **{name: str(runner.out / name) for name in folders}}
    return result


def _run_stages(
    runner: StageRunner, stages: tuple[DistillStage, ...], result: Distillation
) -> None:
    if "memories" in stages:
        result.memories = runner.make_memories()
        result.failures |= result.memories.failed
        if result.failures:
            return
    if "answers" in stages:
        result.answers = runner.make_answers()
        if result.answers["counts"]["failed"]:
            result.failures["answers"] = "; ".join(result.answers["errors"])
    if "adapter" in stages:
        result.training = runner.train_adapter()
        result.validation = runner.check_adapter()

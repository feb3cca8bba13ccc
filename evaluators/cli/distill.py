"""The command `distill`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from locomo_vqa.cli_support import (
    CommandGroup,
    console,
    echo,
    json_option,
    make_table,
    print_json,
)
from locomo_vqa.models.names import hide_credentials

from ..distilling.stages import DISTILL_STAGES, DistillStage
from .distill_ablate import ablate
from .distill_memlora import memlora
from .distill_options import benchmark_option, out_option, teacher_timeout_option
from .lora_options import lora_options
from .run_options import system_options

if TYPE_CHECKING:
    from ..distilling.duomem import Distillation
    from ..distilling.lora_settings import LoraSettings

__all__ = ["distill"]


@click.group(cls=CommandGroup)
def distill() -> None:
    """Teach a small model to remember and answer like a large one.

    \b
    Example:
      locomo-vqa distill duomem --benchmark lv --out distilled \\
        --teacher "openai:http://127.0.0.1:23333/v1?model=NAME" \\
        --student transformers:google/gemma-2-2b-it
    """


distill.add_command(ablate)
distill.add_command(memlora)


@distill.command()
@benchmark_option
@click.option("--teacher", required=True, help="Use this model as the teacher.")
@click.option(
    "--student",
    required=True,
    help="Use this model as the student; only transformers:… and embedded:… can be trained.",
)
@out_option
@click.option("--only", type=click.Choice(DISTILL_STAGES), help="Run only this stage.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Keep the teacher's answers whose F1 with the gold answer is at least this.",
)
@teacher_timeout_option
@lora_options
@system_options
@json_option
def duomem(
    benchmark: str,
    teacher: str,
    student: str,
    out: Path,
    only: DistillStage | None,
    threshold: float,
    timeout: float,
    lora: LoraSettings,
    options: Mapping[str, str],
    as_json: bool,
) -> int:
    """Make a teacher's memories and a LoRA of its answers, for the system `duomem`.

    The teacher reads every conversation (memories/) and answers the questions of the train split
    (answers.jsonl); the student is trained on the good answers (adapter/). To resume after an
    interruption, repeat the command: finished work is kept. The exit status is 1 if a request to
    the teacher failed.

    \b
    Example:
      locomo-vqa distill duomem --benchmark lv --out distilled \\
        --teacher "openai:http://127.0.0.1:23333/v1?model=NAME" \\
        --student transformers:google/gemma-2-2b-it
    """
    from ..distilling.duomem import distill as distill_duomem

    done = distill_duomem(
        benchmark,
        teacher=teacher,
        student=student,
        out=out,
        only=only,
        options=options,
        threshold=threshold,
        lora=lora,
        timeout=timeout,
    )
    next_command = _next_command(done, benchmark, student)
    if as_json:
        print_json({**done.to_json(), "next": next_command})
    else:
        _print_distillation(done, next_command)
    return 1 if done.failures else 0


def _next_command(done: Distillation, benchmark: str, student: str) -> str:
    """Return the command that runs the student with everything that was made."""
    command = ["locomo-vqa", "run", "duomem", "--benchmark", benchmark]
    command += ["--model", hide_credentials(student)]
    for name, value in done.options.items():
        command += ["--option", f"{name}={hide_credentials(value)}"]
    return shlex.join([*command, "--out", "runs/duomem"])


def _print_distillation(done: Distillation, next_command: str) -> None:
    figures = done.to_json()
    table = make_table("Stage", "Result", "Where")
    for stage, words in _RESULTS.items():
        if stage in figures:
            name = _FILES.get(stage, stage)
            table.add_row(stage, words.format(**figures[stage]), str(done.out / name))
    console().print(table)
    for name, reason in list(done.failures.items())[:3]:
        echo(f"  {name}: {reason}", style="red")
    if done.failures:
        echo("Repeat the command to retry the requests that failed.")
    echo(f"Next: {next_command}")
    if {"memories", "adapter"} <= done.options.keys():
        echo("Leave out the option memories, adapter, or both to measure what each contributes.")


_RESULTS: Mapping[str, str] = {
    "memories": "{memories:,} memories of {conversations:,} conversations",
    "answers": "{kept:,} of {asked:,} answers are good; {without_gold:,} questions have no gold",
    "adapter": (
        "epoch {best_epoch} of {epochs}: validation loss {validation_loss:.3f}, before training "
        "{validation_loss_before:.3f}; {trainable_parameters:,} parameters"
    ),
    "validation": (
        "{questions:,} questions: F1 {student[f1]:.3f} without the adapter, {adapter[f1]:.3f} with "
        "it; {student[contains_gold]:.0%} and {adapter[contains_gold]:.0%} contain the gold answer"
    ),
}
_FILES: Mapping[str, str] = {"answers": "answers.jsonl", "validation": "validation.jsonl"}
"""The file that a row names, unless it is the folder with the name of the stage."""

"""The command `distill`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.cli_support import CommandGroup, console, echo, json_option, make_table, print_json
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.progress import progress_bars

from .lora_options import lora_options
from .run_options import system_options

if TYPE_CHECKING:
    from ..distilling.duomem import DuoMemDistillation
    from ..distilling.lora_settings import LoraSettings

__all__ = ["distill"]

Stage = Literal["memories", "answers", "adapter"]
"""A stage of `distill duomem`:

memories   the teacher reads every conversation
answers    it answers the train split's questions, and the good answers are kept
adapter    the student is trained on them
"""
STAGES: tuple[Stage, ...] = get_args(Stage)


@click.group(cls=CommandGroup)
def distill() -> None:
    """Teach a small model what a large one remembers and answers.

    \b
    Example:
      locomo-vqa distill duomem --benchmark lv --out distilled \\
        --teacher "openai:http://127.0.0.1:23333/v1?model=NAME" \\
        --student transformers:google/gemma-2-2b-it
    """


@distill.command()
@click.option("--benchmark", required=True, help="`sample`, a benchmark folder, or org/name.")
@click.option("--teacher", required=True, help="The model that remembers and answers.")
@click.option("--student", required=True, help="The model that learns: transformers:… to train.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder to write to."
)
@click.option("--only", type=click.Choice(STAGES), help="Do this stage alone.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="The F1 with the gold answer from which the teacher's answer is a success.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=86400),
    default=120.0,
    show_default=True,
    help="Seconds that one call to the teacher may take.",
)
@lora_options
@system_options
@json_option
def duomem(
    benchmark: str,
    teacher: str,
    student: str,
    out: Path,
    only: Stage | None,
    threshold: float,
    timeout: float,
    lora: LoraSettings,
    options: Mapping[str, str],
    as_json: bool,
) -> int:
    """Make what the system `duomem` takes: a teacher's memories, and a LoRA of its answers.

    The teacher reads every conversation (memories/), answers the questions of the train split
    (answers.jsonl), and the student learns from the good answers (adapter/). What is finished is
    kept: the same command, given again, goes on where it stopped. The exit status is 1 when a
    call to the teacher failed.

    \b
    Example:
      locomo-vqa distill duomem --benchmark lv --out distilled \\
        --teacher "openai:http://127.0.0.1:23333/v1?model=NAME" \\
        --student transformers:google/gemma-2-2b-it
    """
    from ..distilling.duomem import DuoMemDistillation

    stages = STAGES if only is None else (only,)
    with progress_bars() as tick:
        work = DuoMemDistillation(
            benchmark=load_benchmark(benchmark),
            teacher=teacher,
            student=student,
            out=out,
            options=options,
            threshold=threshold,
            lora=lora,
            timeout_s=timeout,
            tick=tick,
        )
        work.check(trains="adapter" in stages)
        done, failures = _do(work, stages)
    next_command = _next_command(work, benchmark)
    if as_json:
        print_json({**done, "failures": failures, "next": next_command})
    else:
        _tell(work, done, failures, next_command)
    return 1 if failures else 0


def _do(
    work: DuoMemDistillation, stages: tuple[Stage, ...]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the stages made, and what failed; memories that are incomplete end it."""
    done: dict[str, Any] = {}
    failures: dict[str, str] = {}
    if "memories" in stages:
        made = work.memories()
        done["memories"] = {"conversations": made.done, "memories": made.memories}
        failures |= made.failed
        if failures:
            return done, failures
    if "answers" in stages:
        summary = work.answers()
        done["answers"] = summary["counts"]
        if summary["counts"]["failed"]:
            failures["answers"] = "; ".join(summary["errors"])
    if "adapter" in stages:
        record = work.adapter()
        best = record["epochs"][record["best_epoch"] - 1]
        done["adapter"] = {
            "epochs": len(record["epochs"]),
            "best_epoch": record["best_epoch"],
            "validation_loss": best["validation_loss"],
            "validation_loss_before": record["validation_loss_before"],
            "trainable_parameters": record["trainable_parameters"],
            "too_long": record["examples"]["train"]["too_long"],
        }
    return done, failures


def _next_command(work: DuoMemDistillation, benchmark: str) -> str:
    """Return the run with all that is there."""
    from ..distilling.duomem import ADAPTER, MEMORIES

    given = dict(work.options)
    given |= {name: str(work.out / name) for name in (MEMORIES, ADAPTER) if _is_there(work, name)}
    command = ["locomo-vqa", "run", "duomem", "--benchmark", benchmark]
    command += ["--model", hide_credentials(work.student)]
    for name, value in given.items():
        command += ["--option", f"{name}={hide_credentials(value)}"]
    return shlex.join([*command, "--out", "runs/duomem"])


def _is_there(work: DuoMemDistillation, name: str) -> bool:
    return (work.out / name).is_dir()


def _tell(
    work: DuoMemDistillation,
    done: Mapping[str, Any],
    failures: Mapping[str, str],
    next_command: str,
) -> None:
    table = make_table("stage", "what was made", "where")
    for stage, words in _WORDS.items():
        if stage in done:
            place = "answers.jsonl" if stage == "answers" else stage
            table.add_row(stage, words.format(**done[stage]), str(work.out / place))
    console().print(table)
    for name, reason in list(failures.items())[:3]:
        echo(f"  {name}: {reason}", style="red")
    if failures:
        echo("What failed is asked again when the same command is given.")
    echo(f"Next: {next_command}")
    if " --option memories=" in next_command and " --option adapter=" in next_command:
        echo("Leave out one of memories and adapter, or both, to see what each of them brings.")


_WORDS: Mapping[Stage, str] = {
    "memories": "{memories:,} memories of {conversations:,} conversations",
    "answers": "{kept:,} of {asked:,} answers are good; {without_gold:,} questions have no gold",
    "adapter": (
        "epoch {best_epoch} of {epochs}: validation loss {validation_loss:.3f}, before "
        "{validation_loss_before:.3f}; {trainable_parameters:,} parameters"
    ),
}

"""The command `distill memlora`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import PathType, console, echo, json_option, make_table, print_json
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.models.names import hide_credentials

from .distill_options import (
    benchmark_option,
    jobs_option,
    out_option,
    teacher_timeout_option,
)
from .run_options import system_options

if TYPE_CHECKING:
    from ..distilling.memlora.result import MemLoraDistillation

__all__ = ["memlora"]

_PHASES = ("data", "train", "search")
_STAGES = ("extraction", "update", "generation", "vision")
_FILE = PathType(dir_okay=False)


@click.command()
@benchmark_option
@click.option(
    "--student",
    required=True,
    help="Train the experts of this model: `transformers:…` or `embedded:…`.",
)
@out_option
@click.option(
    "--teacher",
    help="Learn from this model, or from `locomo-observations`; needed to make training data.",
)
@click.option("--locomo", type=_FILE, help="Read the observations in this locomo10.json.")
@click.option("--only", type=click.Choice(_PHASES), help="Run only this phase.")
@click.option(
    "--stage",
    "stages",
    multiple=True,
    type=click.Choice(_STAGES),
    help="Train an expert of this stage; may be repeated.  [default: all]",
)
@click.option("--search-space", type=_FILE, help="Try the settings in this TOML file.")
@click.option(
    "--vision-target",
    type=click.Choice(["answer-and-reason", "answer"]),
    default="answer-and-reason",
    show_default=True,
    help="Teach the vision expert to reply with this.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    help="Draw at most this many training samples of each stage.  [default: all]",
)
@click.option(
    "--top",
    type=click.IntRange(1, 8),
    default=2,
    show_default=True,
    help="Combine this many candidates of each stage.",
)
@click.option("--judge", help="Choose the text experts by this judge's J, instead of F1.")
@jobs_option
@teacher_timeout_option
@system_options
@json_option
def memlora(
    benchmark: str,
    student: str,
    out: Path,
    teacher: str | None,
    locomo: Path | None,
    only: Any,
    stages: tuple[Any, ...],
    search_space: Path | None,
    vision_target: Any,
    samples: int | None,
    top: int,
    judge: str | None,
    jobs: int,
    timeout: float,
    options: Mapping[str, str],
    as_json: bool,
) -> int:
    """Train MemLoRA's experts for a small model, and choose the best of them.

    Makes training data from a teacher's replies (data/), trains an adapter for each stage and each
    setting of the search space (candidates/), and chooses the combination with the best score of
    the whole pipeline on the validation split (experts/), which is then tested once. Repeat the
    command to continue after an interruption: finished work is kept. The exit status is 1 if the
    teacher could not read a conversation.

    \b
    Example:
      locomo-vqa distill memlora --benchmark lv --out distilled \\
        --teacher "openai:http://127.0.0.1:23333/v1?model=NAME" \\
        --student transformers:google/gemma-2-2b-it
    """
    from ..distilling.memlora.api import distill_memlora

    done = distill_memlora(
        benchmark,
        student=student,
        out=out,
        teacher=teacher,
        locomo=locomo,
        only=only,
        stages=list(stages) or None,
        options=options,
        search_space=search_space,
        vision_target=vision_target,
        samples=samples,
        top=top,
        judge=judge,
        jobs=jobs,
        timeout=timeout,
    )
    if as_json:
        print_json(done.to_json())
    else:
        _print_data(done)
        _print_candidates(done)
        _print_search(done)
        _print_next(done, benchmark, student)
    return 1 if done.failures else 0


def _print_data(done: MemLoraDistillation) -> None:
    if done.data is None:
        return
    table = make_table("Training data", "train", "validation", "dropped", "cleaned")
    for stage, counts in done.data["counts"].items():
        samples = counts["samples"]
        left = [sum(counts[name].values()) for name in ("dropped", "repaired")]
        numbers = [samples["train"], samples["validation"], *left]
        table.add_row(stage, *(f"{number:,}" for number in numbers))
    console().print(table)
    for name, reason in list(done.failures.items())[:3]:
        echo(f"  {name}: {reason}", style="red")
    if done.failures:
        echo("Repeat the command to retry the conversations that failed.")


def _print_candidates(done: MemLoraDistillation) -> None:
    if not done.candidates:
        return
    table = make_table("Candidate", "epoch", "validation loss", "before training")
    for stage, found in done.to_json()["candidates"].items():
        for name, losses in found.items():
            table.add_row(
                f"{stage} {name}",
                f"{losses['best_epoch']} of {losses['epochs']}",
                f"{losses['validation_loss']:.3f}",
                f"{losses['validation_loss_before']:.3f}",
            )
    console().print(table)


def _print_search(done: MemLoraDistillation) -> None:
    if done.search is None:
        return
    trials = [*done.search["trials"], *done.search["tested"]]
    metrics = [name for name in METRICS if any(name in trial["scores"] for trial in trials)]
    table = make_table("Experts", "split", *map(metric_title, metrics))
    for trial in trials:
        named = "\n".join(f"{stage} {name}" for stage, name in trial["experts"].items())
        scores = [_score(trial["scores"], metric) for metric in metrics]
        table.add_row(named or "none: the base model", trial["split"], *scores)
    console().print(table)


def _score(scores: Mapping[str, float], metric: str) -> str:
    if metric not in scores:
        return "–"
    return f"{scores[metric]:.4f}" if metric == "f1" else f"{scores[metric]:.1f}"


def _print_next(done: MemLoraDistillation, benchmark: str, student: str) -> None:
    if done.search is None:
        return
    system = "memlora-v" if "vision" in done.search["chosen"] else "memlora"
    command = ["locomo-vqa", "run", system, "--benchmark", benchmark]
    command += ["--model", hide_credentials(student), "--option", f"experts={done.experts}"]
    echo(f"Next: {shlex.join([*command, '--out', f'runs/{system}'])}")

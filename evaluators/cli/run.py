"""The command `run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json, quoted
from locomo_vqa.run_notes import context_note, is_clean, recording_notes
from locomo_vqa.runs import IMAGE_MODES, VISUAL_MODES, Run, count_states
from locomo_vqa.text import counted

from .calls import print_calls
from .run_options import (
    benchmark_option,
    budget_options,
    hosting_options,
    metering_options,
    model_options,
    repeat_options,
    retry_option,
    split_option,
    system_options,
    workers_option,
)

__all__ = ["run"]


@click.command()
@click.argument("system")
@benchmark_option
@split_option
@click.option(
    "--out",
    type=PathType(),
    help="Write the run to this folder; by default, a new one under runs.",
)
@click.option(
    "--images",
    type=click.Choice(IMAGE_MODES),
    default="pixels",
    show_default=True,
    help="Choose how images are shown; `shuffled` shows images of other conversations.",
)
@click.option(
    "--visual",
    type=click.Choice(VISUAL_MODES),
    default="given",
    show_default=True,
    help="Ask visual questions with their image, or about an image seen earlier.",
)
@click.option(
    "--twins",
    is_flag=True,
    help="With --visual recalled: ask about images that were never shared, too, to measure A.",
)
@model_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Ask only N questions of each conversation, half of them visual, for a trial.",
)
@click.option(
    "--top-k",
    type=click.IntRange(min=1, max=10_000),
    default=10,
    show_default=True,
    help="Ask for this many passages, if the system only retrieves.",
)
@click.option(
    "--context",
    metavar="TOKENS",
    help="Let the answering model be handed this much memory, such as 256, 4k or 16k.",
)
@system_options
@hosting_options
@workers_option
@metering_options
@budget_options
@repeat_options
@retry_option
@json_option
def run(
    system: str,
    benchmark: str,
    as_json: bool,
    estimate: bool,
    sample_questions: int,
    **settings: Any,
) -> int:
    """Run SYSTEM, a bundled name, module:Class or an http address, and write its answers.

    Each conversation runs in its own process: a crash, hang, or leak affects only that
    conversation. To resume an interrupted run, repeat the command with the same --out; no question
    is asked twice. With --repeat, the system runs several times, and the folder of these runs is
    scored and compared as one system. The exit status is 1 if a question failed, a
    conversation lost more than a twentieth of its requests to the model, or the budget is used up.

    \b
    Example:
      locomo-vqa run bm25 --benchmark sample --split test --out runs/bm25
      locomo-vqa run full-context --benchmark lv --out runs/full \\
        --model "openai:http://127.0.0.1:23333/v1?model=NAME" --estimate
    """
    if estimate:
        from .estimate import print_estimate_of

        return print_estimate_of(
            system, as_json, benchmark=benchmark, sample_questions=sample_questions, **settings
        )
    from ..running import run as run_system

    done = run_system(system, benchmark=benchmark, **settings)
    runs: Sequence[Run] = [done] if isinstance(done, Run) else done
    if as_json:
        shown = [{**one.info, "states": count_states(one.predictions)} for one in runs]
        print_json(shown[0] if isinstance(done, Run) else {"repeats": shown})
    elif isinstance(done, Run):
        print_run(done, benchmark)
    else:
        print_repeats(runs, benchmark)
    return 1 if any(o.info["counts"]["failed"] or not is_clean(o.info) for o in runs) else 0


def print_repeats(runs: Sequence[Run], benchmark: str) -> None:
    """Print the outcome of each repeat, and what to do next."""
    for run in runs:
        states = ", ".join(f"{n:,} {state}" for state, n in count_states(run.predictions).items())
        seed = run.info["repeat"]["seed"]
        seeded = "no seed" if seed is None else f"seed {seed}"
        echo(f"{run.folder.name}, {seeded}: {states}")
        for note in recording_notes(run.info):
            echo(note, style="red" if note.startswith("The run is not clean") else "yellow")
    folder = runs[0].folder.parent
    echo(f"Wrote {folder}")
    echo(f"Next: locomo-vqa score {quoted(folder)} --benchmark {quoted(benchmark)}")


def print_run(done: Run, benchmark: str) -> None:
    """Print the outcome of a run, and what to do next."""
    calls: Mapping[str, Any] | None = done.info.get("calls")
    if calls is not None:
        print_calls(calls)
    counts = done.info["counts"]
    states = ", ".join(
        f"{number:,} {state}" for state, number in count_states(done.predictions).items()
    )
    echo(f"{counted(counts['total'], 'question')}: {states}")
    for note in recording_notes(done.info):
        echo(note, style="red" if note.startswith("The run is not clean") else "yellow")
    context = context_note(done.info)
    if context is not None:
        kept = done.info["context"]["kept"] is not False
        echo(context, style=None if kept else "red")
    errors = {p.error for p in done.predictions if p.error}
    for error in sorted(errors)[:3]:
        echo(f"  {error}", style="red")
    sandbox = done.info.get("sandbox")
    if sandbox is not None:
        echo(
            f"The system ran in a sandbox ({sandbox}): it saw its environment, its "
            "work folder, and no address but the proxy's."
        )
    if any((done.folder / "work").glob("*.log")):
        echo(f"What the system printed is in {done.folder / 'work'}.")
    if done.info["limit"] is not None:
        echo(
            f"This is a trial with {counted(done.info['limit'], 'question')} per conversation; "
            "it can't be submitted."
        )
    if counts["failed"]:
        echo("To ask the failed questions again, repeat the command with --retry-failed.")
    echo(f"Wrote {done.folder}")
    echo(f"Next: locomo-vqa score {quoted(done.folder)} --benchmark {quoted(benchmark)}")

"""The commands `run` and `systems`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import get_args

import click

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.cli_support import console, json_option, make_table, print_json, progress, say
from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.runs import IMAGE_MODES, ImageMode, Prediction, Run, SplitChoice, count_states
from locomo_vqa.system import Services

from .harness import Harness
from .loading import SYSTEMS, LoadedSystem, load_system

__all__ = ["run", "run_with_progress", "systems"]


@click.command()
@click.argument("system")
@click.option("--benchmark", required=True, help="`sample`, a benchmark folder, or org/name.")
@click.option(
    "--split",
    type=click.Choice(get_args(SplitChoice)),
    default="test",
    show_default=True,
    help="The questions to ask.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The run folder to make."
)
@click.option(
    "--images",
    type=click.Choice(IMAGE_MODES),
    default="pixels",
    show_default=True,
    help="What the system is shown of pictures.",
)
@click.option("--model", help="The model to use, such as openai:<base URL>?model=<name>.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=86400, clamp=False),
    default=120.0,
    show_default=True,
    help="Seconds that one call to the model may take.",
)
@click.option("--retry-failed", is_flag=True, help="Ask again what failed before.")
@json_option
def run(
    system: str,
    benchmark: str,
    split: SplitChoice,
    out: Path,
    images: ImageMode,
    model: str | None,
    timeout: float,
    retry_failed: bool,
    as_json: bool,
) -> int:
    """Run SYSTEM, a bundled name or module:Class, and write what it answers.

    A run that was interrupted goes on where it stopped when the same command is given again; no
    question is asked twice. The exit status is 1 when a question failed.

    \b
    Example:
      locomo-vqa run bm25 --benchmark sample --split test --out runs/bm25
      locomo-vqa run full-context --benchmark lv --out runs/full \\
        --model "openai:http://127.0.0.1:23333/v1?model=NAME"
    """
    if math.isnan(timeout):
        raise InputError("--timeout nan: is no number of seconds.", "Give one, such as 120.")
    loaded = load_system(system)
    if model is not None and not loaded.uses_model:
        raise InputError(
            f"--model {model}: {loaded.name} asks no model, so none can be recorded.",
            "Leave --model out (and LOCOMO_VQA_RUN_MODEL unset).",
        )
    services = _services(loaded, model, timeout)
    harness = Harness(
        system=loaded,
        benchmark=load_benchmark(benchmark),
        split=split,
        images=images,
        services=services,
        out=out,
    )
    done = run_with_progress(harness, retry_failed=retry_failed)
    if as_json:
        print_json({**done.info, "states": count_states(done.predictions)})
    else:
        _tell(done, benchmark)
    return 1 if done.info["counts"]["failed"] else 0


def run_with_progress(harness: Harness, *, retry_failed: bool = False) -> Run:
    """Run with a progress bar: questions, rate, time left and failures so far."""
    with progress() as display:
        task = display.add_task(harness.system.name, total=None)
        failed = 0

        def started(total: int, done: int) -> None:
            display.update(task, total=total, completed=done)

        def answered(prediction: Prediction) -> None:
            nonlocal failed
            failed += prediction.error is not None
            conversation = prediction.question_id.split("/")[0]
            failures = f" [red]{failed} failed[/]" if failed else ""
            display.update(
                task, advance=1, description=f"{harness.system.name} {conversation}{failures}"
            )

        return harness.run(retry_failed=retry_failed, started=started, answered=answered)


def _services(system: LoadedSystem, model: str | None, timeout: float) -> Services:
    if model is None:
        if system.needs_model:
            raise InputError(
                f"{system.name} asks a language model, and --model names none.",
                'Add --model "openai:http://127.0.0.1:23333/v1?model=NAME".',
            )
        return Services()
    if system.any_model and not model.startswith("openai:"):
        from locomo_vqa.models.names import parse_name

        return Services(model=parse_name(model).spec)
    endpoint = parse_endpoint(model, timeout_s=timeout)
    from locomo_vqa.models.blocking import BlockingEndpoint

    chat = BlockingEndpoint(endpoint)
    chat.check()
    chat.close()
    return Services(llm=endpoint, model=model)


def _tell(done: Run, benchmark: str) -> None:
    counts = done.info["counts"]
    states = ", ".join(
        f"{number:,} {state}" for state, number in count_states(done.predictions).items()
    )
    say(f"{counts['total']:,} questions: {states}")
    errors = {p.error for p in done.predictions if p.error}
    for error in sorted(errors)[:3]:
        say(f"  {error}", style="red")
    if counts["failed"]:
        say("Ask them again: the same command with --retry-failed.")
    say(f"Wrote {done.folder}")
    say(f"Next: locomo-vqa score {done.folder} --benchmark {benchmark}")


@click.command()
@json_option
def systems(as_json: bool) -> None:
    """List the memory systems that come with the toolkit.

    \b
    Example:
      locomo-vqa systems
    """
    if as_json:
        print_json(
            {
                name: {
                    "about": system.about,
                    "needs_model": system.needs_model,
                    "sees": system.sees,
                }
                for name, system in SYSTEMS.items()
            }
        )
        return
    table = make_table("System", "What it does", "Model", "Sees")
    for name, system in SYSTEMS.items():
        table.add_row(
            name,
            system.about,
            "needed" if system.needs_model else "none",
            system.sees,
        )
    console().print(table)

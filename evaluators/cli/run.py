"""The command `run`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.cli_support import echo, json_option, print_json
from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.runs import (
    IMAGE_MODES,
    VISUAL_MODES,
    ImageMode,
    Run,
    SplitChoice,
    VisualMode,
    count_states,
)
from locomo_vqa.system import Services

from ..loading import LoadedSystem, load_system
from ..running.harness import Harness
from ..running.hosting_settings import HostingSettings, hosting_options
from ..running.metering import Meter, is_here, print_calls
from ..running.metering_settings import MeteringSettings, metering_options
from ..running.system_options import lend_options, system_options
from .run_display import run_with_progress

__all__ = ["run", "run_with_progress", "services_for"]


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
    help="What the system is shown of pictures; `shuffled` shows those of other conversations.",
)
@click.option(
    "--visual",
    type=click.Choice(VISUAL_MODES),
    default="given",
    show_default=True,
    help="Whether a visual question comes with its picture, or says which one it recalls.",
)
@click.option("--model", help="The model to use, such as openai:<base URL>?model=<name>.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=86400, clamp=False),
    default=120.0,
    show_default=True,
    help="Seconds that one call to the model may take.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="For a trial: ask only the first N questions of each conversation.",
)
@click.option(
    "--top-k",
    type=click.IntRange(min=1, max=10_000),
    default=10,
    show_default=True,
    help="How many passages a system that only retrieves is asked for.",
)
@system_options
@hosting_options
@metering_options
@click.option("--retry-failed", is_flag=True, help="Ask again what failed before.")
@json_option
def run(
    system: str,
    benchmark: str,
    split: SplitChoice,
    out: Path,
    images: ImageMode,
    visual: VisualMode,
    model: str | None,
    timeout: float,
    limit: int | None,
    top_k: int,
    options: Mapping[str, str],
    hosting: HostingSettings,
    metering: MeteringSettings,
    retry_failed: bool,
    as_json: bool,
) -> int:
    """Run SYSTEM, a bundled name, module:Class or an http address, and write what it answers.

    Each conversation is a process of its own: what crashes, hangs or leaks costs that
    conversation. A run that was interrupted goes on where it stopped when the same command is
    given again; no question is asked twice. The exit status is 1 when a question failed.

    \b
    Example:
      locomo-vqa run bm25 --benchmark sample --split test --out runs/bm25
      locomo-vqa run full-context --benchmark lv --out runs/full \\
        --model "openai:http://127.0.0.1:23333/v1?model=NAME"
    """
    loaded = load_system(system, python=hosting.python, limits=hosting.limits, model=model)
    hosting.check(address=loaded.address)
    services = services_for(loaded, model, timeout, check=not metering.replay)
    services = lend_options(services, loaded, options)
    if loaded.address and not is_here(system):
        metering = replace(metering, meter=False)  # It could not reach the proxy.
    metering.check(endpoint=services.llm is not None)
    meter = Meter(services, out, metering)
    harness = Harness(
        system=loaded,
        benchmark=load_benchmark(benchmark),
        split=split,
        images=images,
        services=services,
        out=out,
        visual=visual,
        limits=hosting.limits,
        jobs=hosting.jobs,
        limit=limit,
        top_k=top_k,
        services_for=meter.services_for,
    )
    with meter:
        done, calls = meter.finish(run_with_progress(harness, retry_failed=retry_failed))
    if as_json:
        print_json({**done.info, "states": count_states(done.predictions)})
    else:
        if calls is not None:
            print_calls(calls)
        _tell(done, benchmark)
    return 1 if done.info["counts"]["failed"] else 0


def services_for(
    system: LoadedSystem, model: str | None, timeout: float, *, check: bool = True
) -> Services:
    """Return what a system is lent: the model named with `--model`, after asking its endpoint.

    Without `check` nothing is asked: a run that is replayed may need no endpoint at all.

    Raises:
        InputError: the system needs a model, or asks none; or `timeout` is no number.
        MissingResource: nobody answers at the endpoint.
    """
    if math.isnan(timeout):
        raise InputError("--timeout nan: is no number of seconds.", "Give one, such as 120.")
    if model is not None and not (system.uses_model or system.only_retrieves):
        raise InputError(
            f"--model {model}: {system.name} asks no model, so none can be recorded.",
            "Leave --model out (and its environment variable unset).",
        )
    if model is None:
        if system.needs_model:
            what = "is answered by" if system.only_retrieves else "asks"
            raise InputError(
                f"{system.name} {what} a language model, and --model names none.",
                'Add --model "openai:http://127.0.0.1:23333/v1?model=NAME".',
            )
        return Services()
    anywhere = system.any_model or (system.only_retrieves and not system.reads_with_model)
    if anywhere and not model.startswith("openai:"):
        from locomo_vqa.models.opening import check_local

        return Services(model=check_local(model))
    endpoint = parse_endpoint(model, timeout_s=timeout)
    from locomo_vqa.models.blocking import BlockingEndpoint

    if check:
        chat = BlockingEndpoint(endpoint)
        chat.check()
        chat.close()
    return Services(llm=endpoint, model=model)


def _tell(done: Run, benchmark: str) -> None:
    counts = done.info["counts"]
    states = ", ".join(
        f"{number:,} {state}" for state, number in count_states(done.predictions).items()
    )
    echo(f"{counts['total']:,} questions: {states}")
    errors = {p.error for p in done.predictions if p.error}
    for error in sorted(errors)[:3]:
        echo(f"  {error}", style="red")
    if any((done.folder / "work").glob("*.log")):
        echo(f"What the system printed is in {done.folder / 'work'}.")
    if done.info["limit"] is not None:
        echo(f"A trial of {done.info['limit']:,} questions a conversation: it can't be submitted.")
    if counts["failed"]:
        echo("Ask them again: the same command with --retry-failed.")
    echo(f"Wrote {done.folder}")
    echo(f"Next: locomo-vqa score {done.folder} --benchmark {benchmark}")

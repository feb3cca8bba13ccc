"""The command `ablate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.cli_support import console, echo, json_option, make_table, print_json
from locomo_vqa.errors import InputError
from locomo_vqa.runs import IMAGE_MODES, VISUAL_MODES, Run, SplitChoice, VisualMode
from locomo_vqa.scores import FEW_CONVERSATIONS

from ..loading import load_system
from ..running.harness import Harness
from ..running.hosting_settings import HostingSettings, hosting_options
from ..running.metering import Meter, is_here
from ..running.metering_settings import MeteringSettings, metering_options
from ..running.system_options import lend_options, system_options
from .run import services_for
from .run_display import run_with_progress

if TYPE_CHECKING:
    from ..ablation import Ablation, ModeDifference, ModeScores
    from ..statistics.paired import PairedDifference

__all__ = ["ablate", "show_ablation"]

_T = TypeVar("_T", bound=str)

_ASKED: Mapping[VisualMode, str] = {
    "given": "given: a visual question comes with its picture",
    "recalled": "recalled: a visual question names a picture that was shared before",
}


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
@click.option("--model", help="The model to use, such as openai:<base URL>?model=<name>.")
@click.option(
    "--modes",
    default=",".join(IMAGE_MODES),
    show_default=True,
    help="What is shown of pictures, a run each, with commas.",
)
@click.option(
    "--visual",
    default=",".join(VISUAL_MODES),
    show_default=True,
    help="How visual questions are asked, with commas.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder of the runs and of ablation.json.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1, max=86400, clamp=False),
    default=120.0,
    show_default=True,
    help="Seconds that one call to the model may take.",
)
@system_options
@hosting_options
@metering_options
@click.option("--retry-failed", is_flag=True, help="Ask again what failed before.")
@json_option
def ablate(
    system: str,
    benchmark: str,
    split: SplitChoice,
    model: str | None,
    modes: str,
    visual: str,
    out: Path,
    timeout: float,
    options: Mapping[str, str],
    hosting: HostingSettings,
    metering: MeteringSettings,
    retry_failed: bool,
    as_json: bool,
) -> int:
    """Ask SYSTEM every visual question under several modes, and compare V with pixels.

    Each mode is a run in a folder of its own. What is finished is kept: an ablation that was
    interrupted goes on when the same command is given again. The exit status is 1 when a question
    failed.

    \b
    Example:
      locomo-vqa ablate no-memory --model embedded:large --benchmark sample --out ablation
    """
    from ..ablation import ABLATION_FILE
    from ..ablation import ablate as ablate_system

    images = _names("--modes", modes, IMAGE_MODES)
    ways = _names("--visual", visual, VISUAL_MODES)
    loaded = load_system(system, python=hosting.python, limits=hosting.limits, model=model)
    hosting.check(address=loaded.address)
    services = services_for(loaded, model, timeout, check=not metering.replay)
    services = lend_options(services, loaded, options)
    if loaded.address and not is_here(system):
        metering = replace(metering, meter=False)  # It could not reach the proxy.
    metering.check(endpoint=services.llm is not None)

    def run(one: Harness) -> Run:
        with Meter(services, one.out, metering) as meter:
            one = replace(one, services_for=meter.services_for)
            return meter.finish(run_with_progress(one, retry_failed=retry_failed))[0]

    harness = Harness(
        system=loaded,
        benchmark=load_benchmark(benchmark),
        split=split,
        images=images[0],
        services=services,
        out=out,
        limits=hosting.limits,
        jobs=hosting.jobs,
    )
    done = ablate_system(harness, images=images, visual=ways, run=run)
    failed = sum(mode.failed for mode in done.modes)
    if as_json:
        print_json(done.to_json())
    else:
        show_ablation(done)
        if failed:
            echo("Ask the failed again: the same command with --retry-failed.")
        echo(f"Wrote {out / ABLATION_FILE}")
    return 1 if failed else 0


def _names(option: str, given: str, known: Sequence[_T]) -> list[_T]:
    names = list(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    for name in names:
        if name not in known:
            raise InputError(
                f"{option} {given}: there is no mode {name!r}.", f"Choose of {', '.join(known)}."
            )
    if not names:
        raise InputError(f"{option} names no mode.", f"Choose of {', '.join(known)}.")
    return [mode for name in names for mode in known if mode == name]


def show_ablation(ablation: Ablation) -> None:
    """Print a table of modes for each way to ask, and what the differences say."""
    for way in dict.fromkeys(mode.visual for mode in ablation.modes):
        modes = [mode for mode in ablation.modes if mode.visual == way]
        against = {d.baseline: d for d in ablation.differences if d.visual == way}
        echo(_ASKED[way], style="bold")
        console().print(_table(modes, against))
        conversations = len(modes[0].values)
        if conversations < FEW_CONVERSATIONS:
            console().print(_by_conversation(modes))
            echo(
                f"An interval over so few conversations ({conversations}) says little: it is "
                "conditional on them. Read each conversation's own number."
            )
        for difference in against.values():
            echo(difference.reading)
        if not against:
            echo("No difference is computed: that takes `pixels` and another of --modes.")


def _table(modes: Sequence[ModeScores], against: Mapping[Any, ModeDifference]) -> Any:
    table = make_table(
        "Pictures",
        numbers=["V", "95 % interval", "n", "failed", "pixels − it", "95 % interval", "p"],
    )
    for mode in modes:
        v, difference = mode.v.overall, against.get(mode.images)
        table.add_row(
            mode.images,
            "–" if v.value is None else f"{v.value:.1f}",
            "–" if v.interval is None else f"{v.interval.low:.1f} … {v.interval.high:.1f}",
            f"{v.n:,}",
            f"{mode.failed:,}",
            *(("–", "–", "–") if difference is None else _cells(difference.paired)),
        )
    return table


def _cells(paired: PairedDifference) -> tuple[str, str, str]:
    """Return a difference, its interval and its p-value as they stand in the table."""
    from ..ablation import signed

    ends = paired.interval
    return (
        signed(paired.difference),
        "–" if ends is None else f"{signed(ends.low)} … {signed(ends.high)}",
        "–" if paired.p is None else f"{paired.p:.3f}",
    )


def _by_conversation(modes: Sequence[ModeScores]) -> Any:
    table = make_table("Conversation", numbers=[f"V {mode.images}" for mode in modes])
    for conversation in modes[0].v.by_conversation:
        values = [mode.v.by_conversation[conversation].value for mode in modes]
        table.add_row(conversation, *("–" if v is None else f"{v:.1f}" for v in values))
    return table

"""The command `ablate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import PathType, console, echo, json_option, make_table, print_json
from locomo_vqa.runs import IMAGE_MODES, VISUAL_MODES, VisualMode
from locomo_vqa.scores import FEW_CONVERSATIONS

from .options import split_names
from .run_options import (
    benchmark_option,
    hosting_options,
    metering_options,
    model_options,
    retry_option,
    split_option,
    system_options,
)

if TYPE_CHECKING:
    from locomo_vqa.statistics.paired import PairedDifference

    from ..ablation import Ablation, ModeDifference, ModeScores

__all__ = ["ablate", "print_ablation"]

_ASKED: Mapping[VisualMode, str] = {
    "given": "given: a visual question comes with its image",
    "recalled": "recalled: a visual question is about an image that was shared before",
}


@click.command()
@click.argument("system")
@benchmark_option
@split_option
@model_options
@click.option(
    "--images",
    default=",".join(IMAGE_MODES),
    show_default=True,
    help="Choose how images are shown, separated by commas; each mode is a run.",
)
@click.option(
    "--visual",
    default=",".join(VISUAL_MODES),
    show_default=True,
    help="Choose how visual questions are asked, separated by commas; each mode is a run.",
)
@click.option(
    "--certificate/--no-certificate",
    default=True,
    show_default=True,
    help="Say whether the system answers from the picture; needs the image modes pixels, caption "
    "and shuffled, and two more runs for each way of asking.",
)
@click.option(
    "--out",
    type=PathType(),
    help="Write the runs and ablation.json to this folder; by default, a new one under runs.",
)
@system_options
@hosting_options
@metering_options
@retry_option
@json_option
def ablate(
    system: str, benchmark: str, images: str, visual: str, as_json: bool, **settings: Any
) -> int:
    """Ask SYSTEM every visual question under several modes, and compare V with pixels.

    Each mode is a run in its own folder. It ends with a verdict on whether the system answers from
    the picture, and a badge, certificate.svg. To resume an interrupted ablation, repeat the command
    with the same --out. The exit status is 1 if a question failed.

    \b
    Example:
      locomo-vqa ablate no-memory --model embedded:large --benchmark sample --out ablation
    """
    from ..ablation import ABLATION_FILE
    from ..ablation import ablate as ablate_system

    modes: dict[str, Any] = {"images": split_names(images), "visual": split_names(visual)}
    done = ablate_system(system, benchmark=benchmark, **modes, **settings)
    failed = sum(mode.failed for mode in done.modes)
    if as_json:
        print_json(done.to_json())
    else:
        print_ablation(done)
        if failed:
            echo("To ask the failed questions again, repeat the command with --retry-failed.")
        echo(f"Wrote {done.folder / ABLATION_FILE}")
        for certificate in done.certificates:
            echo(f"{certificate.reading} {certificate.scope}")
    return 1 if failed else 0


def print_ablation(ablation: Ablation) -> None:
    """Print a table of modes for each way of asking, and explain the differences."""
    for asked_as in dict.fromkeys(mode.visual for mode in ablation.modes):
        modes = [mode for mode in ablation.modes if mode.visual == asked_as]
        against = {d.baseline: d for d in ablation.differences if d.visual == asked_as}
        echo(_ASKED[asked_as], style="bold")
        console().print(_table(modes, against))
        conversations = len(modes[0].values)
        if conversations < FEW_CONVERSATIONS:
            console().print(_by_conversation(modes))
            echo(
                f"An interval over so few conversations ({conversations}) says little: it holds "
                "for these conversations only. Read each conversation's own value."
            )
        for difference in against.values():
            echo(difference.reading)
        if not against:
            echo("To see a difference, run `pixels` and another mode of --images.")


def _table(modes: Sequence[ModeScores], against: Mapping[Any, ModeDifference]) -> Any:
    table = make_table(
        "Images",
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
    """Return a difference, its interval and its p-value as table cells."""
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

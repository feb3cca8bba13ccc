"""The command `efficiency`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from locomo_vqa.cli_support import PathType, json_option, print_json
from locomo_vqa.errors import InputError

__all__ = ["efficiency"]


@click.command()
@click.argument("runs", metavar="RUN [RUN …]", nargs=-1, required=True, type=PathType())
@click.option("--stages", is_flag=True, help="Show each stage, with its input and output tokens.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    metavar="RUN=GB",
    help="Set a model's size on disk, in 10^9 bytes, for a run that can't measure it, such as one "
    "with an endpoint. RUN is the name in the table, or the folder's. May be repeated.",
)
@click.option(
    "--prices",
    type=PathType(),
    help="Use these model prices, not the bundled table.",
)
@json_option
def efficiency(
    runs: Sequence[Path],
    stages: bool,
    sizes: Sequence[str],
    prices: Path | None,
    as_json: bool,
) -> None:
    """Show what the models in runs cost: size on disk, and tokens and seconds per reply.

    The columns are those of MemLoRA's table 3, over the stages extraction, update and generation;
    --stages adds tables A6 and A7. Then follow the totals of each run, of a conversation read and
    of a question asked. Unknown values are marked.

    \b
    Example:
      locomo-vqa efficiency runs/mem0 runs/memlora --stages
      locomo-vqa efficiency runs/mem0-27b --size mem0-27b=54.45
    """
    from ..efficiency import efficiency as measure
    from .efficiency_tables import print_efficiency

    made = measure(*runs, sizes=_sizes(sizes), prices=prices)
    if as_json:
        print_json(made.to_json())
    else:
        print_efficiency(made.runs, by_stage=stages)


def _sizes(texts: Sequence[str]) -> Mapping[str, float]:
    """Return the gigabytes given with --size, by the name of the run or its folder."""
    sizes: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            sizes[name] = float(number)
        except ValueError:
            sizes[name] = math.nan
        if not name or math.isnan(sizes[name]):
            raise InputError(
                f"--size {text}: must have the form RUN=GB.", "Example: --size mem0=54.45."
            )
    return sizes

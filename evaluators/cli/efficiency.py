"""The command `efficiency`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from locomo_vqa.cli_support import json_option, print_json
from locomo_vqa.errors import InputError

from ..efficiency import efficiency as measure
from .efficiency_tables import print_efficiency

__all__ = ["efficiency"]


@click.command()
@click.argument(
    "runs", metavar="RUN [RUN …]", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--stages", is_flag=True, help="Show each stage, with its input and output tokens.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    metavar="RUN=GB",
    help="Give the size on disk, in 10^9 bytes, of the model of a run that can't measure it, such "
    "as one behind an endpoint. RUN is the folder's name. Repeat it for several runs.",
)
@json_option
def efficiency(runs: Sequence[Path], stages: bool, sizes: Sequence[str], as_json: bool) -> None:
    """Show what the models of runs cost: size on disk, and tokens and seconds per reply.

    The columns are MemLoRA's table 3, over the stages extraction, update and generation; --stages
    adds its tables A6 and A7. What is not known is shown as such.

    \b
    Example:
      locomo-vqa efficiency runs/mem0 runs/memlora --stages
      locomo-vqa efficiency runs/mem0-27b --size mem0-27b=54.45
    """
    made = measure(*runs, sizes=_sizes(sizes))
    if as_json:
        print_json(made.to_json())
    else:
        print_efficiency(made.runs, by_stage=stages)


def _sizes(texts: Sequence[str]) -> Mapping[str, float]:
    """Return the gigabytes that were given for runs, by the name of their folder."""
    sizes: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            sizes[name] = float(number)
        except ValueError:
            sizes[name] = math.nan
        if not name or math.isnan(sizes[name]):
            raise InputError(
                f"--size {text}: must have the form RUN=GB.", "Give it as in --size mem0=54.45."
            )
    return sizes

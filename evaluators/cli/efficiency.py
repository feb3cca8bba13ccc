"""The command `efficiency`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from locomo_vqa.cli_support import json_option, print_json
from locomo_vqa.errors import InputError

from ..efficiency.measure import efficiency_of, to_document
from ..efficiency.table import GB, show_efficiency

__all__ = ["efficiency"]


@click.command()
@click.argument(
    "runs", metavar="RUN [RUN …]", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--stages", is_flag=True, help="Show each stage, with the tokens in and out of it.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    metavar="RUN=GB",
    help="The size on disk, in 10^9 bytes, of the model of a run that can't tell: one behind an "
    "endpoint. RUN is the folder's name. May be given several times.",
)
@json_option
def efficiency(runs: Sequence[Path], stages: bool, sizes: Sequence[str], as_json: bool) -> None:
    """Show what the models of runs take: size on disk, tokens a second, tokens and seconds a reply.

    The columns are those of MemLoRA's table 3, over the stages extraction, update and generation;
    with --stages, also those of its tables A6 and A7. What is not known is shown as such.

    \b
    Example:
      locomo-vqa efficiency runs/mem0 runs/memlora --stages
      locomo-vqa efficiency runs/mem0-27b --size mem0-27b=54.45
    """
    given = _sizes(sizes, [run.resolve().name for run in runs])
    found = [efficiency_of(run, size_bytes=given.get(run.resolve().name)) for run in runs]
    if as_json:
        print_json(to_document(found))
    else:
        show_efficiency(found, by_stage=stages)


def _sizes(texts: Sequence[str], names: Sequence[str]) -> Mapping[str, int]:
    """Return the bytes that were given for runs, by the name of their folder."""
    sizes: dict[str, int] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            gigabytes = float(number)
        except ValueError:
            gigabytes = math.nan
        if not name or not 0 < gigabytes < math.inf:
            raise InputError(
                f"--size {text}: is not of the form RUN=GB.", "Give one like --size mem0=54.45."
            )
        if name not in names:
            raise InputError(
                f"--size {text}: no run is called {name!r}.", f"There is {', '.join(names)}."
            )
        sizes[name] = round(gigabytes * GB)
    return sizes

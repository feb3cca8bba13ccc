"""The command `compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json
from locomo_vqa.repeats import Repeats
from locomo_vqa.runs import SplitChoice

from .options import file_options, scored_benchmark_option, split_names
from .versus import VersusCommand, split_at_versus

__all__ = ["compare"]


@click.command(cls=VersusCommand)
@click.argument("sources", metavar="A B [C …]", nargs=-1, required=True)
@click.option(
    "--versus",
    is_flag=True,
    help="Separate systems that have several runs each: A1 A2 --versus B1 B2.",
)
@scored_benchmark_option(required=False)
@click.option(
    "--split",
    type=click.Choice(get_args(SplitChoice)),
    help="Compare on the questions of this split.  [default: a run's own; for files, all]",
)
@click.option(
    "--metrics",
    help="Compare these metrics, separated by commas.  [default: all that every system has]",
)
@file_options
@click.option(
    "--plot",
    type=PathType(dir_okay=False),
    help="Plot the differences and their intervals in this SVG or PNG file.",
)
@click.option(
    "--out",
    type=PathType(file_okay=False),
    help="Write comparison.json, comparison.png and the page comparison.html into this folder.",
)
@json_option
def compare(
    sources: Sequence[str],
    versus: bool,
    metrics: str | None,
    plot: Path | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Compare B and further systems with A, the baseline, on the same questions.

    Each is a run folder, a folder of scores, or a predictions file (or a folder of such files)
    that `score` can read. Several runs of one system are given as the folder that `run --repeat`
    wrote, or one after another, with --versus between the systems. Scores in a run folder are not
    computed again. If only some files have several answers to each question, --cutoff takes
    FILE=NAME, separated by commas. The exit status is 1 when an answer of any system is missing or
    failed.

    \b
    Example:
      locomo-vqa compare runs/no-memory runs/bm25 --benchmark sample
      locomo-vqa compare runs/* --benchmark sample --out comparison
      locomo-vqa compare a1.json a2.json --versus b1.json b2.json --benchmark locomo
      locomo-vqa compare zep.json memobase.json --benchmark locomo --metrics f1 --plot f1.svg
    """
    from ..comparing import compare as compare_systems
    from ..comparing.comparison import check_comparison_folder
    from ..comparing.figures import check_plot_place
    from .compare_tables import print_comparison

    if plot is not None:
        check_plot_place(plot)
    if out is not None:
        check_comparison_folder(out)
    sides = split_at_versus(sources)
    paths = [path for side in sides for path in (side if isinstance(side, Repeats) else [side])]
    cutoff = _cutoffs(options.pop("cutoff"), paths)
    comparison = compare_systems(*sides, metrics=split_names(metrics), cutoff=cutoff, **options)
    written = [] if out is None else comparison.write(out)
    if plot is not None:
        comparison.plot(plot)
        written.append(plot)
    if as_json:
        print_json(comparison.to_json())
    else:
        print_comparison(comparison)
        if written:
            echo(f"Wrote {', '.join(map(str, written))}")
    return 1 if comparison.incomplete else 0


def _cutoffs(text: str | None, sources: Sequence[Path]) -> str | dict[str, str] | None:
    """Return one cutoff for all files, or those of `FILE=NAME,FILE=NAME` by file."""
    pairs = [part.strip().rpartition("=") for part in (text or "").split(",")]
    named = {name: cutoff for name, _, cutoff in pairs}
    known = {name for path in sources for name in (str(path), path.name)}
    return named if known & named.keys() else text

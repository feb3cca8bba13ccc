"""The command `compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import click

from locomo_vqa.cli_support import echo, json_option, print_json
from locomo_vqa.runs import SplitChoice

from ..comparing import compare as compare_systems
from ..comparing.comparison import check_comparison_folder
from ..comparing.forest_plot import check_plot_place
from .compare_tables import print_comparison
from .options import file_options, scored_benchmark_option, split_names

__all__ = ["compare"]


@click.command()
@click.argument(
    "sources", metavar="A B [C …]", nargs=-1, required=True, type=click.Path(path_type=Path)
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
    type=click.Path(path_type=Path, dir_okay=False),
    help="Plot the differences and their intervals in this SVG or PNG file.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write comparison.json, comparison.png and the page comparison.html into this folder.",
)
@json_option
def compare(
    sources: Sequence[Path],
    metrics: str | None,
    plot: Path | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Compare B and further systems with A, the baseline, on the same questions.

    Each is a run folder, a folder of scores, or a predictions file (or a folder of such files)
    that `score` can read. Scores in a run folder are not computed again. If only some files have
    several answers to each question, --cutoff takes FILE=NAME, separated by commas. The exit status
    is 1 when an answer of any system is missing or failed.

    \b
    Example:
      locomo-vqa compare runs/no-memory runs/bm25 --benchmark sample
      locomo-vqa compare runs/* --benchmark sample --out comparison
      locomo-vqa compare zep.json memobase.json --benchmark locomo --metrics f1 --plot f1.svg
    """
    if plot is not None:
        check_plot_place(plot)
    if out is not None:
        check_comparison_folder(out)
    cutoff = _cutoffs(options.pop("cutoff"), sources)
    comparison = compare_systems(*sources, metrics=split_names(metrics), cutoff=cutoff, **options)
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

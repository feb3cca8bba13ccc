"""The command `frontier`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import PathType, console, echo, json_option, make_table, print_json
from locomo_vqa.context_budget import context_in_words
from locomo_vqa.cost_axes import AXES, COSTS, CostAxis

from .options import scored_benchmark_option

if TYPE_CHECKING:
    from ..frontier import Frontier

__all__ = ["frontier", "print_frontier"]

_WORDS = {"frontier": "", "dominated": "dominated", "within_noise": "within noise"}
_DIGITS = {"tokens": 1, "input_tokens": 1, "price": 6, "latency": 3}


@click.command()
@click.argument("runs", metavar="RUN RUN …", nargs=-1, required=True, type=PathType())
@scored_benchmark_option(required=False)
@click.option("--metric", help="Show this metric.  [default: the first of J, L, F1, V]")
@click.option(
    "--x",
    type=click.Choice(COSTS),
    default="tokens",
    show_default=True,
    help="Show this cost of a question: tokens of memory, of all prompts, price, or time.",
)
@click.option(
    "--prices",
    type=PathType(dir_okay=False),
    help="Use these model prices, not the bundled table.",
)
@click.option(
    "--plot",
    multiple=True,
    type=PathType(dir_okay=False),
    help="Plot the runs in this SVG or PNG file; may be repeated.",
)
@json_option
def frontier(
    runs: Sequence[Path],
    metric: str | None,
    x: CostAxis,
    plot: Sequence[Path],
    as_json: bool,
    **options: Any,
) -> None:
    """Show score against cost over runs, and name those that others dominate.

    A run is dominated if another one is at least as good and as cheap, and strictly better or
    cheaper. If the exact paired test can't tell its score from the other's, it is dominated within
    noise. The operating points of a system, which differ in --context or --top-k alone, are joined
    by a line.

    \b
    Example:
      locomo-vqa frontier runs/bm25-64 runs/bm25-256 runs/bm25-1k --benchmark sample
      locomo-vqa frontier runs/* --benchmark lv --metric j --plot frontier.svg
      locomo-vqa frontier runs/* --benchmark lv --x price --prices prices.toml
    """
    from ..comparing.figures import check_plot_place
    from ..frontier import frontier as make_frontier

    for path in plot:
        check_plot_place(path)
    made = make_frontier(*runs, metric=metric, x=x, **options)
    for path in plot:
        made.plot(path)
    if as_json:
        print_json(made.to_json())
        return
    print_frontier(made)
    if plot:
        echo(f"Wrote {', '.join(map(str, plot))}")


def print_frontier(made: Frontier) -> None:
    """Print a table of the runs, cheapest first, and what dominates which."""
    data = made.dataset
    echo(
        f"{made.title} against {AXES[made.x]} on {data['id']}, "
        f"revision {data['revision'][:12]}, split {data['split']}",
        style="bold",
    )
    table = make_table(
        "Run", "", numbers=["context", made.x.replace("_", " "), made.title, "95 % interval"]
    )
    order = sorted(range(len(made.runs)), key=lambda place: made.runs[place].cost)
    digits = 1 if made.scale == 100 else 3
    for place in order:
        run, interval = made.runs[place], made.runs[place].interval
        table.add_row(
            run.name,
            _WORDS[made.verdict(place)],
            context_in_words(run.context),
            f"{run.cost:,.{_DIGITS[made.x]}f}",
            f"{run.score:.{digits}f}",
            f"{interval.low:.{digits}f} … {interval.high:.{digits}f}" if interval else "–",
        )
    console().print(table)
    for place in order:
        sentence = _sentence(made, place, digits)
        if sentence is not None:
            echo(sentence)
    if not made.dominances:
        echo("No run is dominated.")
    for note in made.notes:
        echo(note)
    echo(f"Signature: {made.signature}", style="dim")


def _sentence(made: Frontier, place: int, digits: int) -> str | None:
    """Return what dominates a run, and how sure that is; None for one on the frontier."""
    pair = made.strongest(place)
    if pair is None:
        return None
    run, by = made.runs[place], made.runs[pair.by]
    how = f"{pair.difference:+.{digits}f} {made.title}"
    if pair.p_holm is None:
        tested = "not tested"
    else:
        tested = f"p {pair.p_holm:.3f}" if pair.p_holm >= 0.0005 else "p < 0.001"
    noise = "" if made.verdict(place) == "dominated" else ", but within noise"
    return f"{run.name} is dominated by {by.name}{noise}: {how} ({tested})."

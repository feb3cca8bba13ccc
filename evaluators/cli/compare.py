"""The command `compare`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import click

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.cli_support import console, echo, json_option, make_table, print_json
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import write_json
from locomo_vqa.metric_names import metric_title
from locomo_vqa.runs import SplitChoice
from locomo_vqa.scores import FEW_CONVERSATIONS

from ..comparing.comparison import Comparison, MetricComparison, compare_sides
from ..comparing.sides import Side, read_side, split_of
from ..statistics.paired import MANY_CONVERSATIONS, PairedDifference
from .options import flagged, split_names

__all__ = ["compare", "show_comparison"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_TESTED = ("p", "p, Holm", "detectable")
"""Columns that need six conversations."""


@click.command()
@click.argument(
    "sources", metavar="A B [C …]", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--benchmark", required=True, help="`sample`, a benchmark folder, or org/name.")
@click.option(
    "--split",
    type=click.Choice(get_args(SplitChoice)),
    help="The denominator of predictions files.  [default: that of the runs; all]",
)
@click.option("--metrics", help="Names, with commas.  [default: all that every side has]")
@click.option(
    "--prediction-key", help="The key of the answers, where a file does not make it clear."
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the differences with their intervals into this PNG file.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write comparison.json and comparison.png into this folder.",
)
@json_option
def compare(
    sources: Sequence[Path],
    benchmark: str,
    split: SplitChoice | None,
    metrics: str | None,
    prediction_key: str | None,
    plot: Path | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Compare B and further systems with A, the baseline, on the same questions.

    Each is a run folder, a folder of scores, or a predictions file as `score` reads it. What a run
    folder has scores of is not computed again. The exit status is 1 when answers are missing or
    failed on any side.

    \b
    Example:
      locomo-vqa compare runs/no-memory runs/bm25 --benchmark sample
      locomo-vqa compare zep.json memobase.json --benchmark locomo --metrics f1 --plot f1.png
    """
    names = split_names(metrics)
    _check_sources(sources)
    _check_outputs(plot, out)
    data = load_benchmark(benchmark)
    chosen = _split(sources, split)
    sides = [
        read_side(source, data, split=chosen, metrics=names, prediction_key=prediction_key)
        for source in sources
    ]
    comparison = compare_sides(sides, data, split=chosen, metrics=names)
    written = _write(comparison, plot, out)
    if as_json:
        print_json(comparison.to_json())
    else:
        show_comparison(comparison)
        if written:
            echo(f"Wrote {', '.join(map(str, written))}")
    incomplete = any(side.failed or side.document["rows"]["missing"] for side in sides)
    return 1 if incomplete else 0


def _check_sources(sources: Sequence[Path]) -> None:
    if not 2 <= len(sources) <= len(_LETTERS):
        raise InputError(
            "A comparison takes a baseline and at least one other system.",
            "Name two or more runs or predictions files.",
        )
    resolved = [source.resolve() for source in sources]
    for source, place in zip(sources, resolved, strict=True):
        if resolved.count(place) > 1:
            raise InputError(f"{source}: is named twice.", "Name each source once.")


def _check_outputs(plot: Path | None, out: Path | None) -> None:
    if plot is not None and plot.suffix.lower() != ".png":
        raise OutputError(f"{plot}: a plot is a PNG file.", "End its name in .png.")
    if plot is not None and not plot.parent.is_dir():
        raise OutputError(f"{plot}: its folder does not exist.", "Make the folder first.")
    for name in ("benchmark.json", "run.json"):
        if out is not None and (out / name).exists():
            raise OutputError(f"{out}: holds a {name}.", "Choose another --out.")


def _split(sources: Sequence[Path], asked: SplitChoice | None) -> SplitChoice:
    """Return the split of all sides; the runs' own, where there is a run."""
    bound = {source: split for source in sources if (split := split_of(source)) is not None}
    for source, split in bound.items():
        first, wanted = next(iter(bound.items()))
        if split != (asked or wanted):
            other = "--split says" if asked else f"{first} is of"
            raise InputError(
                f"{source}: is of the split {split!r}; {other} {asked or wanted!r}.",
                "Compare systems on one split.",
            )
    own: list[SplitChoice] = [*bound.values(), "all"]
    return asked or own[0]


def _write(comparison: Comparison, plot: Path | None, out: Path | None) -> list[Path]:
    from ..comparing.forest_plot import draw_forest

    plots = [plot] if plot is not None else []
    written: list[Path] = []
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{out}: can't be made ({error.strerror}).", "Choose another --out."
            ) from None
        write_json(out / "comparison.json", comparison.to_json())
        written.append(out / "comparison.json")
        plots.append(out / "comparison.png")
    for path in plots:
        draw_forest(comparison, path)
    return [*written, *plots]


def show_comparison(comparison: Comparison) -> None:
    """Print the sides, a table for each metric and system, and what a reader must know."""
    data = comparison.dataset
    echo(
        f"Differences on {data['id']}, revision {data['revision'][:12]}, split {data['split']}",
        style="bold",
    )
    for letter, side in zip(_LETTERS, comparison.sides, strict=False):
        echo(f"{letter}  {_side(side)}{', the baseline' if letter == 'A' else ''}")
    for note in comparison.notes:
        echo(note)
    for one in comparison.metrics:
        console().print(_difference_table(one))
        if one.overall.conversations < FEW_CONVERSATIONS:
            console().print(_conversation_table(one))
    _show_reading([one.overall for one in comparison.metrics])
    for name, reason in comparison.not_compared.items():
        echo(f"{metric_title(name)} is not compared. {flagged(reason)}")
    echo("Signatures:")
    for signature in dict.fromkeys(one.signature for one in comparison.metrics):
        echo(f"  {signature}", style="dim")


def _side(side: Side) -> str:
    rows: Mapping[str, Any] = side.document["rows"]
    text = (
        f"{side.name} ({side.document['source']['layout']}): {rows['matched']:,} matched, "
        f"{rows['missing']:,} missing, {side.failed:,} failed"
    )
    length = side.document["answer_length"]
    return text if length is None else f"{text}, {length:.1f} words an answer"


def _difference_table(one: MetricComparison) -> Any:
    other = _LETTERS[one.other]
    few = one.overall.conversations < FEW_CONVERSATIONS
    table = make_table(
        f"{metric_title(one.metric)}: {other} less A",
        numbers=["n", "A", other, "difference", "95 % interval", *([] if few else _TESTED)],
    )
    rows: list[tuple[str, PairedDifference, float | None]] = [
        ("all questions", one.overall, None),
        *((name, group.result, group.p_holm) for name, group in one.groups.items()),
    ]
    for name, result, holm in rows:
        tested = [] if few else _tested(one, result, holm)
        table.add_row(name, *_figures(one, result), *tested)
    return table


def _figures(one: MetricComparison, result: PairedDifference) -> list[str]:
    digits = _digits(one)
    interval = result.interval
    return [
        f"{result.questions:,}",
        f"{result.baseline:.{digits}f}",
        f"{result.other:.{digits}f}",
        f"{result.difference:+.{digits}f}",
        f"{interval.low:+.{digits}f} … {interval.high:+.{digits}f}" if interval else "–",
    ]


def _tested(one: MetricComparison, result: PairedDifference, holm: float | None) -> list[str]:
    detectable = result.detectable
    shown = "–" if detectable is None else f"{detectable:.{_digits(one)}f}"
    return [_p(result.p), _p(holm), shown]


def _conversation_table(one: MetricComparison) -> Any:
    other = _LETTERS[one.other]
    table = make_table("Conversation", numbers=["n", "A", other, "difference"])
    digits = _digits(one)
    for name, pair in one.overall.by_conversation.items():
        table.add_row(
            name,
            f"{pair.questions:,}",
            f"{pair.baseline:.{digits}f}",
            f"{pair.other:.{digits}f}",
            f"{pair.difference:+.{digits}f}",
        )
    return table


def _show_reading(results: Sequence[PairedDifference]) -> None:
    counts = {result.conversations for result in results}
    if min(counts) < FEW_CONVERSATIONS:
        echo(
            f"With {min(counts)} conversations no p-value can fall below 0.05, and an interval is "
            "conditional on them: read each conversation's own numbers."
        )
    if max(counts) > MANY_CONVERSATIONS:
        echo(f"Exact p-values are for up to {MANY_CONVERSATIONS} conversations.")
    if any(result.p is not None for result in results):
        echo(
            "p: exact, by sign flips of whole conversations. Holm: corrected for the number of "
            "rows below the first.\n"
            "detectable: the smallest true difference that is found at p < 0.05 with a power of "
            "80 %."
        )


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if value >= 0.0005 else "< 0.001"


def _digits(one: MetricComparison) -> int:
    return 1 if one.scale == 100 else 4

"""Prints a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.statistics.paired import MANY_CONVERSATIONS, PairedDifference
from locomo_vqa.text import counted

from ..comparing import Comparison
from ..comparing.believable import believable_sentence
from ..comparing.comparer import LETTERS
from ..comparing.metric_comparison import MetricComparison
from ..comparing.sides import Side
from .options import flagged, names_by_reason

__all__ = ["print_comparison"]

_TESTED = ("p", "p, Holm", "detectable")
"""Columns that need at least six conversations."""


def print_comparison(comparison: Comparison) -> None:
    """Print the sides, a table for each metric and system, and the notes."""
    data = comparison.dataset
    echo(
        f"Differences on {data['id']}, revision {data['revision'][:12]}, split {data['split']}",
        style="bold",
    )
    for letter, side in zip(LETTERS, comparison.sides, strict=False):
        echo(f"{letter}  {_describe_side(side)}{', the baseline' if letter == 'A' else ''}")
    if comparison.metrics:
        console().print(_overview_table(comparison))
    for note in comparison.notes:
        echo(note)
    for one in comparison.metrics:
        console().print(_difference_table(one))
        echo(believable_sentence(one))
        if one.overall.conversations < FEW_CONVERSATIONS:
            console().print(_conversation_table(one))
    if any(row.starred for row in comparison.overview().rows):
        echo("* the 95 % interval of the difference from A excludes 0")
    _print_reading([one.overall for one in comparison.metrics])
    for names, reason in names_by_reason(comparison.not_compared):
        echo(f"{names} not compared. {flagged(reason)}")
    echo("Signatures:")
    for signature in dict.fromkeys(one.signature for one in comparison.metrics):
        echo(f"  {signature}", style="dim")


def _describe_side(side: Side) -> str:
    rows: Mapping[str, Any] = side.document["rows"]
    run = " (run)" if side.document["source"]["layout"] == "run" else ""
    text = (
        f"{side.name}{run}: {rows['matched']:,} matched, "
        f"{rows['missing']:,} missing, {side.failed:,} failed"
    )
    length = side.document["answer_length"]
    return text if length is None else f"{text}, {length:.1f} words per answer"


def _overview_table(comparison: Comparison) -> Any:
    """Return the table of systems by metrics; a star marks a difference from the baseline."""
    overview = comparison.overview()
    table = make_table("System", numbers=overview.titles)
    for letter, row in zip(LETTERS, overview.rows, strict=False):
        table.add_row(f"{letter}  {row.system}", *(row.cell(name) for name in overview.metrics))
    return table


def _difference_table(one: MetricComparison) -> Any:
    other = LETTERS[one.other]
    few = one.overall.conversations < FEW_CONVERSATIONS
    table = make_table(
        f"{one.title}: {other} minus A",
        numbers=["n", "A", other, "difference", "95 % interval", *([] if few else _TESTED)],
    )
    rows: list[tuple[str, PairedDifference, float | None]] = [
        ("all questions", one.overall, None),
        *((name, group.result, group.p_holm) for name, group in one.groups.items()),
    ]
    for name, result, holm in rows:
        tested = [] if few else _test_cells(one, result, holm)
        table.add_row(name, *_result_cells(one, result), *tested)
    return table


def _result_cells(one: MetricComparison, result: PairedDifference) -> list[str]:
    digits = _digits_for(one)
    interval = result.interval
    return [
        f"{result.questions:,}",
        f"{result.baseline:.{digits}f}",
        f"{result.other:.{digits}f}",
        f"{result.difference:+.{digits}f}",
        f"{interval.low:+.{digits}f} … {interval.high:+.{digits}f}" if interval else "–",
    ]


def _test_cells(one: MetricComparison, result: PairedDifference, holm: float | None) -> list[str]:
    detectable = result.detectable
    shown = "–" if detectable is None else f"{detectable:.{_digits_for(one)}f}"
    return [_p_value(result.p), _p_value(holm), shown]


def _conversation_table(one: MetricComparison) -> Any:
    other = LETTERS[one.other]
    table = make_table("Conversation", numbers=["n", "A", other, "difference"])
    digits = _digits_for(one)
    for name, pair in one.overall.by_conversation.items():
        table.add_row(
            name,
            f"{pair.questions:,}",
            f"{pair.baseline:.{digits}f}",
            f"{pair.other:.{digits}f}",
            f"{pair.difference:+.{digits}f}",
        )
    return table


def _print_reading(results: Sequence[PairedDifference]) -> None:
    counts = {result.conversations for result in results}
    if min(counts) < FEW_CONVERSATIONS:
        echo(
            f"With {counted(min(counts), 'conversation')} no p-value can fall below 0.05, and an "
            "interval holds for these conversations only: read each conversation's own values."
        )
    if max(counts) > MANY_CONVERSATIONS:
        echo(f"Exact p-values are for up to {MANY_CONVERSATIONS} conversations.")
    if any(result.p is not None for result in results):
        echo(
            "p: exact, by sign flips of whole conversations. Holm: corrected for the number of "
            "rows below the first.\n"
            "detectable: the smallest true difference that would be found at p < 0.05 with a power "
            "of 80 %."
        )


def _p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if value >= 0.0005 else "< 0.001"


def _digits_for(one: MetricComparison) -> int:
    return 1 if one.scale == 100 else 4

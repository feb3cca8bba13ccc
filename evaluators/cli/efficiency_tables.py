"""Prints the tables of `efficiency`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.run_notes import context_note
from locomo_vqa.text import counted

from ..efficiency.figures import Figures, Means
from ..efficiency.measure import MEMORY_STAGES, NO_ANSWERS, RunEfficiency
from ..efficiency.report import GB
from .efficiency_totals import totals_table

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["print_efficiency"]

_NONE = "–"


def print_efficiency(runs: Sequence[RunEfficiency], *, by_stage: bool) -> None:
    """Print table 3, tables A6 and A7 if `by_stage`, the totals, and the notes."""
    console().print(_overview(runs))
    for run in runs if by_stage else ():
        if run.stages:
            console().print(_stages(run))
    if any(run.totals for run in runs):
        console().print(totals_table(runs))
    for note in _notes(runs):
        echo(note)


def _overview(runs: Sequence[RunEfficiency]) -> Table:
    table = make_table(
        "Run",
        "Model",
        "Stages",
        numbers=["size (GB)", "tok/s", "tok/ans", "s/ans", "p50", "p95", "calls"],
    )
    for run in runs:
        figures = run.shown
        total = run.size.total
        table.add_row(
            run.name,
            run.model or "no model",
            _stages_of_mean(run),
            "not known" if total is None else _gigabytes(total),
            *_speed_cells(figures),
            *_percentile_cells(figures),
            f"{figures.calls:,}" if figures else _NONE,
        )
    return table


def _stages(run: RunEfficiency) -> Table:
    table = make_table(
        "Stage",
        numbers=["calls", "failed", "replayed", "tok in", "tok out", "tok/s", "s", "p50", "p95"],
        title=f"{run.name}, per call",
    )
    for stage, figures in run.stages.items():
        table.add_row(stage, *_count_cells(figures), *_a_call(figures), *_percentile_cells(figures))
    if run.memory is not None:
        table.add_row(
            "all calls of the memory stages",
            *_count_cells(run.memory),
            *_a_call(run.memory),
            *_percentile_cells(run.memory),
        )
    if run.mean_of_stages is not None:
        table.add_row("mean of the three stages", "", "", "", *_a_call(run.mean_of_stages))
    return table


def _gigabytes(size: int) -> str:
    return f"{size / GB:.2f}" if size >= GB else f"{size / GB:.3g}"


def _stages_of_mean(run: RunEfficiency) -> str:
    names = [stage for stage in MEMORY_STAGES if stage in run.stages]
    if run.memory is None:
        names = [stage for stage in run.stages if stage not in NO_ANSWERS]
    return ", ".join(names) or _NONE


def _count_cells(figures: Figures) -> list[str]:
    return [f"{figures.calls:,}", f"{figures.failed:,}", f"{figures.replayed:,}"]


def _speed_cells(figures: Figures | None) -> list[str]:
    if figures is None:
        return [_NONE] * 3
    about = "≈ " if figures.estimated else ""
    return [
        _number_cell(figures.tokens_per_second, 1, about),
        _number_cell(figures.output_tokens, 2, about),
        _number_cell(figures.seconds, 3),
    ]


def _a_call(figures: Means) -> list[str]:
    about = "≈ " if isinstance(figures, Figures) and figures.estimated else ""
    return [
        _number_cell(figures.input_tokens, 2, about),
        _number_cell(figures.output_tokens, 2, about),
        _number_cell(figures.tokens_per_second, 1, about),
        _number_cell(figures.seconds, 3),
    ]


def _percentile_cells(figures: Figures | None) -> list[str]:
    if figures is None:
        return [_NONE] * 2
    return [_number_cell(figures.seconds_p50, 3), _number_cell(figures.seconds_p95, 3)]


def _number_cell(value: float | None, digits: int, about: str = "") -> str:
    return _NONE if value is None else f"{about}{value:,.{digits}f}"


def _notes(runs: Sequence[RunEfficiency]) -> list[str]:
    notes = []
    for run in runs:
        context = context_note({"context": run.context})
        if context is not None:
            notes.append(f"{run.name}: {context.removeprefix('Context: ')}")
        if not run.finished:
            notes.append(f"{run.name}: the run is not finished.")
        if run.counted_by != "calls":
            notes.append(f"{run.name}: {_UNCOUNTED[run.counted_by]}")
        elif run.overall is not None:
            notes += [f"{run.name}: {note}" for note in _notes_of(run.overall)]
    if any(run.size_source == "unknown" and run.model for run in runs):
        notes.append("Set an unknown size with --size RUN=GB.")
    return notes


_UNCOUNTED = {
    "sums": "recorded by an older version, which kept only sums of tokens, and no times.",
    "nothing": "no calls are recorded.",
}


def _notes_of(figures: Figures) -> list[str]:
    notes = []
    if figures.failed:
        are = "is" if figures.failed == 1 else "are"
        calls = counted(figures.calls, "call")
        notes.append(f"{figures.failed:,} of {calls} failed and {are} not counted.")
    if figures.replayed:
        were = "reply was" if figures.replayed == 1 else "replies were"
        notes.append(f"{figures.replayed:,} {were} replayed: tokens count, seconds do not.")
    if figures.estimated:
        notes.append(f"the tokens of {counted(figures.estimated, 'call')} are estimated (≈).")
    if (figures.largest_batch or 0) > 1:
        notes.append(
            f"up to {figures.largest_batch} requests were answered together, and share its "
            "seconds equally."
        )
    return notes

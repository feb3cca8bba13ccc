"""Prints what a reproduction runs, and its figures beside the paper's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from locomo_vqa.budget import dollars
from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.models.names import hide_credentials

from ..reproducing.cost import Cost
from ..reproducing.deviations import STATUSES, Deviation
from ..reproducing.paper import COLUMNS, load_paper
from ..reproducing.reproduced_row import Figure, ReproducedRow
from ..reproducing.result import Reproduction
from ..reproducing.words import rows_in_words, shown_value
from .options import flagged
from .step_commands import command_line

__all__ = ["document_of", "print_plan", "print_reproduction"]

_COUNTED = (
    "Calls and tokens are upper bounds by arithmetic: from the sizes of {counts}, the tokens per "
    "call of tables A6 and A7 (those of answers, images and verdicts are assumptions), and the "
    "{seconds}, one call at a time. Training is not counted. "
    "`locomo-vqa run … --estimate` measures one run."
)
_SECONDS = "seconds per answer of table 3, on one A100"
_STAND_IN_SECONDS = "seconds per call of embedded models, on one core"


def document_of(made: Reproduction) -> dict[str, Any]:
    """Return the document, with the command of each step."""
    document = made.to_json()
    for row, shown in zip(made.rows, document["rows"], strict=True):
        _add_commands(shown["steps"], row.plan.steps)
    _add_commands(document["preparation"], made.preparation)
    return document


def _add_commands(shown: Sequence[dict[str, Any]], steps: Sequence[Any]) -> None:
    for each, step in zip(shown, steps, strict=True):
        each["command"] = command_line(step)


def print_plan(made: Reproduction) -> None:
    """Print the rows with what they cost, their commands, and the choices behind the figures."""
    _print_heading(made)
    names = made.table.columns
    paper = f"paper: {' / '.join(COLUMNS[name] for name in names)}"
    table = make_table(
        "Row", "models", numbers=[paper, "calls", "tokens in", "tokens out", "hours", "$"]
    )
    for row in made.rows:
        values = " / ".join(_cell(name, row.plan.row.values.get(name)) for name in names)
        table.add_row(_label(row), _models(row), values, *_cost_cells(row.cost))
    table.add_row("all rows; shared steps once", "", "", *_cost_cells(made.cost))
    if any(row.finished for row in made.rows):
        table.add_row("left; finished steps cost nothing", "", "", *_cost_cells(made.left))
    console().print(table)
    seconds = _STAND_IN_SECONDS if made.is_of_stand_ins else _SECONDS
    echo(_COUNTED.format(counts=made.counts, seconds=seconds))
    _print_problems(made.rows)
    for note in made.notes:
        echo(note)
    _print_commands(made)
    if made.is_of_stand_ins:
        echo("The choices behind the figures of runs with the paper's models:")
    _print_deviations(made.deviations)


def print_reproduction(made: Reproduction) -> None:
    """Print the paper's figures, ours with their intervals, and the differences."""
    _print_heading(made)
    for name in made.table.columns:
        table = make_table(
            COLUMNS[name],
            "models",
            numbers=["paper", made.ours_title, "95 % interval", "difference"],
        )
        for row in made.rows:
            paper = _cell(name, row.plan.row.values.get(name))
            table.add_row(_label(row), _models(row), paper, *_our_cells(row, name))
        console().print(table)
    _print_problems(made.rows)
    for sentence in _missing(made):
        echo(sentence, style="yellow")
    for note in made.notes:
        echo(note)
    _print_signatures(made)
    choices = f", and the {len(made.deviations)} choices that figures depend on"
    shown = "" if made.is_of_stand_ins else choices
    echo(f"The same command with --dry-run lists the commands{shown}.")
    if any(row.ours for row in made.rows):
        echo(f"Wrote {made.out / f'table-{made.table.number}.json'}")


def _print_heading(made: Reproduction) -> None:
    source = load_paper().source
    echo(f"Table {made.table.number}: {made.table.title}", style="bold")
    echo(f"The paper's figures: {source['title']}, section {made.table.section}, {source['url']}")
    if made.stand_ins:
        echo(flagged(" ".join(made.stand_ins)), style="yellow")


def _label(row: ReproducedRow) -> str:
    return f"{row.plan.row.number}  {row.plan.row.label}"


def _models(row: ReproducedRow) -> str:
    given = [hide_credentials(choice.model) for choice in row.plan.models if choice.is_given]
    return ", ".join(dict.fromkeys(given)) or "–"


def _cell(column: str, value: float | None) -> str:
    return shown_value(column, value) or "–"


def _our_cells(row: ReproducedRow, name: str) -> list[str]:
    figure = row.ours.get(name, Figure(value=None))
    ends = [shown_value(name, end) for end in (figure.low, figure.high)]
    difference = row.difference(name)
    return [
        _cell(name, figure.value),
        "–" if None in ends else f"{ends[0]} … {ends[1]}",
        "–" if difference is None else f"{difference:+.{1 if name in ('l', 'j', 'v') else 2}f}",
    ]


def _cost_cells(cost: Cost) -> list[str]:
    hours = f"{cost.known_hours:,.1f}"
    price = "unknown" if cost.dollars is None else dollars(cost.dollars).removeprefix("$")
    return [
        f"{cost.calls:,}",
        *(f"{tokens / 1e6:,.2f} M" for tokens in (cost.tokens_in, cost.tokens_out)),
        hours if cost.hours is not None else f"≥ {hours}",
        price if cost.dollars != 0 else "time only",
    ]


def _print_problems(rows: Sequence[ReproducedRow]) -> None:
    """Print why rows are blank, failed or lack something; the same reason once."""
    missing: dict[str, list[int]] = {}
    others: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        number = row.plan.row.number
        not_given = [choice.paper for choice in row.plan.models if not choice.is_given]
        for paper in not_given:
            missing.setdefault(paper, []).append(number)
        if row.reason is not None and not not_given:
            others.setdefault((row.state, row.reason), []).append(number)
    if missing:
        named = ", ".join(
            f"{paper} ({rows_in_words(found).lower()})" for paper, found in missing.items()
        )
        echo(f"Not given, so that these rows stay blank: {named}.", style="yellow")
    for (state, reason), numbers in others.items():
        style = "red" if state == "failed" else "yellow"
        stays = "stays" if len(numbers) == 1 else "stay"
        verb = {"failed": " failed", "not_run": f" {stays} blank"}.get(state, "")
        echo(f"{rows_in_words(numbers)}{verb}: {flagged(reason.rstrip('.'))}.", style=style)


def _missing(made: Reproduction) -> list[str]:
    """Return why figures of rows that ran are not known, the same reason once."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in made.rows:
        for name in made.table.columns:
            figure = row.ours.get(name)
            if figure is not None and figure.reason and name in row.plan.row.values:
                found.setdefault((name, figure.reason), []).append(row.plan.row.number)
    return [
        f"{COLUMNS[name]} of {rows_in_words(rows).lower()}: {flagged(reason)}."
        for (name, reason), rows in found.items()
    ]


def _print_signatures(made: Reproduction) -> None:
    signatures = {
        figure.signature: None
        for row in made.rows
        for figure in row.ours.values()
        if figure.signature is not None
    }
    for signature in signatures:
        echo(f"Signature: {signature}", style="dim")


def _print_commands(made: Reproduction) -> None:
    if made.servers or made.preparation:
        echo("First:", style="bold")
        for name, command in made.servers.items():
            echo(f"  {command}    # {name}")
        for step in made.preparation:
            echo(f"  {command_line(step)}")
    seen: set[str] = set()
    for row in made.rows:
        echo(f"Row {row.plan.row.number}: {row.plan.row.label}", style="bold")
        for step in row.plan.steps:
            again = "    # as above" if step.key in seen else ""
            again = "    # finished" if step.key in row.finished else again
            seen.add(step.key)
            echo(f"  {command_line(step)}{again}")


def _print_deviations(deviations: Sequence[Deviation]) -> None:
    table = make_table("Choice", "status", "the paper", "here")
    for each in deviations:
        table.add_row(each.name, each.status, each.paper, each.here)
    console().print(table)
    used = {each.status for each in deviations}
    for status, meaning in STATUSES.items():
        if status in used:
            echo(f"{status}: {meaning}.")

"""The command `check`: the self-test of an adapter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from locomo_vqa.cli_support import console, echo, json_option, make_table, print_json
from locomo_vqa.system import Services

from ..hosting import Limits
from ..loading import LoadedSystem, load_system
from ..running.system_options import lend_options, system_options
from ..selftest import CheckReport, CheckResult, check_system
from .run import services_for

__all__ = ["check"]

_MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "skipped": "–"}
_STYLES = {"warn": "yellow", "fail": "red", "skipped": "dim"}
_SECONDS = click.FloatRange(min=0.1, max=86400, clamp=False)


@click.command()
@click.argument("system")
@click.option("--model", help="The model to use, such as openai:<base URL>?model=<name>.")
@click.option(
    "--timeout",
    type=_SECONDS,
    default=120.0,
    show_default=True,
    help="Seconds that one call to the model may take.",
)
@system_options
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    help="The interpreter (from 3.8) of the environment that SYSTEM is installed in.",
)
@click.option(
    "--read-timeout",
    type=_SECONDS,
    default=600.0,
    show_default=True,
    help="Seconds that the system may take to start, to read a session, or to flush.",
)
@click.option(
    "--answer-timeout",
    type=_SECONDS,
    default=300.0,
    show_default=True,
    help="Seconds that an answer may take.",
)
@json_option
def check(
    system: str,
    model: str | None,
    timeout: float,
    options: Mapping[str, str],
    python: Path | None,
    read_timeout: float,
    answer_timeout: float,
    as_json: bool,
) -> int:
    """Test the adapter SYSTEM on seven tiny conversations, before money is spent on a run.

    SYSTEM is what `run` takes. It is told three facts and a few pictures and asked them back;
    what it keeps, leaks, leaves running or makes of questions is looked at. A point that failed
    says what the adapter should do, and the exit status is then 1; a warning changes nothing.

    \b
    Example:
      locomo-vqa check mine:System
      locomo-vqa check mine:System --python envs/mine/bin/python \\
        --model "openai:http://127.0.0.1:23333/v1?model=NAME"
    """
    loaded = load_system(system, python=python, model=model)
    services = lend_options(_services(loaded, model, timeout), loaded, options)
    limits = Limits(read_s=read_timeout, answer_s=answer_timeout)
    checked = check_system(loaded, services, limits=limits)
    if as_json:
        print_json(checked.to_json())
    else:
        _tell(checked)
    return 1 if checked.failed else 0


def _services(system: LoadedSystem, model: str | None, timeout: float) -> Services:
    """Return what the system is lent; for one that only retrieves no model has to answer."""
    if system.only_retrieves and model is None and not system.reads_with_model:
        return Services()
    return services_for(system, model, timeout)


def _tell(checked: CheckReport) -> None:
    version = f" {checked.version}" if checked.version else ""
    echo(f"{checked.system}{version}")
    for point in checked.points:
        _tell_point(point)
    table = make_table("Call", numbers=("Number", "Mean", "Longest"))
    for row in checked.times.to_json():
        times = (f"{row[name]:,.0f} ms" for name in ("mean_ms", "longest_ms"))
        table.add_row(row["call"], f"{row['number']:,}", *times)
    echo("")
    console().print(table)
    counts = checked.to_json()["states"]
    words = {"pass": "passed", "warn": "to look at", "fail": "failed", "skipped": "skipped"}
    echo(", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state]))


def _tell_point(point: CheckResult) -> None:
    detail = f": {point.detail}" if point.detail else ""
    echo(f"{_MARKS[point.state]} {point.title}{detail}", style=_STYLES.get(point.state))
    if point.remedy:
        echo(f"    {point.remedy}")

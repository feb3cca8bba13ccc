"""The command `check`: the self-test of an adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import console, echo, json_option, make_table, print_json

from .run_options import limit_options, model_options, system_options

if TYPE_CHECKING:
    from ..selftest import CheckReport, CheckResult

__all__ = ["check"]

_MOST_TRACEBACKS = 3
_FRAME = '  File "'
_OWN_FRAMES = ("/locomo_vqa/worker.py", "\\locomo_vqa\\worker.py", "isolation.py")
_MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "skipped": "–"}
_STYLES = {"warn": "yellow", "fail": "red", "skipped": "dim"}
_WORDS = {"pass": "passed", "warn": "to look at", "fail": "failed", "skipped": "skipped"}


@click.command()
@click.argument("system")
@model_options
@system_options
@limit_options(read_s=600.0, answer_s=300.0)
@json_option
def check(system: str, as_json: bool, **settings: Any) -> int:
    """Test the adapter SYSTEM on a few tiny conversations, before you spend money on a run.

    SYSTEM is named as for `run`. It reads three facts and a few images, and is asked about them;
    the test looks at what it keeps, leaks, and leaves running. A failed check says what the
    adapter should do, and makes the exit status 1; a warning does not.

    \b
    Example:
      locomo-vqa check mine:System
      locomo-vqa check mine:System --python envs/mine/bin/python \\
        --model "openai:http://127.0.0.1:23333/v1?model=NAME"
    """
    from ..selftest import check as check_system

    report = check_system(system, **settings)
    if as_json:
        print_json(report.to_json())
    else:
        print_report(report)
    return 0 if report.passed else 1


def print_report(report: CheckReport) -> None:
    """Print every check, and how long the calls took."""
    version = f" {report.version}" if report.version else ""
    echo(f"{report.system}{version}")
    print_results(report.results)
    for traceback in list(report.times.tracebacks.values())[:_MOST_TRACEBACKS]:
        echo("")
        echo(adapter_traceback(traceback), style="dim")
    table = make_table("Call", numbers=("Number", "Mean", "Longest"))
    for row in report.times.to_json():
        times = (f"{row[name]:,.0f} ms" for name in ("mean_ms", "longest_ms"))
        table.add_row(row["call"], f"{row['number']:,}", *times)
    echo("")
    console().print(table)
    counts = report.to_json()["states"]
    echo(", ".join(f"{counts[state]} {word}" for state, word in _WORDS.items() if counts[state]))


def adapter_traceback(text: str) -> str:
    """Return a traceback without the frames of the process that calls the adapter."""
    head, *frames = text.rstrip().split(f"\n{_FRAME}")
    kept = [frame for frame in frames if not frame.split('", ')[0].endswith(_OWN_FRAMES)]
    return f"\n{_FRAME}".join([head, *(kept or frames)])


def print_results(results: Sequence[CheckResult]) -> None:
    """Print every check; those that were skipped for one reason are printed together."""
    skipped: dict[str, list[str]] = {}
    for result in results:
        if result.state == "skipped":
            skipped.setdefault(result.detail, []).append(result.title)
    for result in results:
        titles = skipped.pop(result.detail, []) if result.state == "skipped" else [result.title]
        if len(titles) == 1:
            _print_result(result)
        elif titles:
            echo(f"{_MARKS['skipped']} skipped: {result.detail}", style=_STYLES["skipped"])
            for title in titles:
                echo(f"    {title}", style=_STYLES["skipped"])


def _print_result(result: CheckResult) -> None:
    """Print one check, and how to fix it if it failed."""
    detail = f": {result.detail}" if result.detail else ""
    echo(f"{_MARKS[result.state]} {result.title}{detail}", style=_STYLES.get(result.state))
    if result.remedy:
        echo(f"    {result.remedy}")

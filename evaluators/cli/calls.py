"""Prints the table of a run's calls to an endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.text import counted

__all__ = ["print_calls"]


def print_calls(calls: Mapping[str, Any]) -> None:
    """Print the totals by stage; `calls` is the entry of that name in run.json."""
    table = make_table(
        "Calls", "Number", "Failed", "Replayed", "Tokens in", "Tokens out", "p50", "p90", "p99", "$"
    )
    groups: Mapping[str, Mapping[str, Any]] = calls["by_stage"]
    for name, totals in groups.items():
        table.add_row(name, *_cells(totals))
    overall = calls["overall"]
    if len(groups) > 1:
        table.add_row("all", *_cells(overall))
    console().print(table)
    if overall["replayed"] and overall["paid_usd"] is not None:
        replayed = counted(overall["replayed"], "replayed call")
        echo(f"Paid: ${overall['paid_usd']:,.4f}, as {replayed} cost nothing again.")
    if overall["approximated"]:
        echo(f"The tokens of {counted(overall['approximated'], 'call')} are estimated (≈).")
    if calls["unpriced_models"]:
        models = ", ".join(calls["unpriced_models"])
        echo(f"No price is known for {models} ({calls['prices']}).")


def _cells(totals: Mapping[str, Any]) -> list[str]:
    about = "≈ " if totals["approximated"] else ""
    latency = totals["latency_ms"] or {}
    times = (latency.get(name) for name in ("p50", "p90", "p99"))
    return [
        f"{totals['calls']:,}",
        f"{totals['failed']:,}",
        f"{totals['replayed']:,}",
        f"{about}{totals['input_tokens']:,}",
        f"{about}{totals['output_tokens']:,}",
        *("–" if value is None else f"{value:,.0f} ms" for value in times),
        "–" if totals["cost_usd"] is None else f"{totals['cost_usd']:,.4f}",
    ]

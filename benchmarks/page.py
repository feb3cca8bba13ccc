"""Write the recorded results into docs/benchmarks.md, between its two marks.

python -m benchmarks.page [benchmarks/results.json] [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.catalog import CATALOG
from benchmarks.measuring import ROOT
from benchmarks.record import RESULTS

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", nargs="?", type=Path, default=RESULTS)
    parser.add_argument("--check", action="store_true", help="only say whether the page agrees")
    return parser


def main() -> None:
    """Write the page, or check it."""
    options = make_parser().parse_args()
    page = PAGE.read_text(encoding="utf-8")
    written = with_results(page, json.loads(options.results.read_text(encoding="utf-8")))
    if options.check:
        sys.exit(page != written)
    PAGE.write_text(written, encoding="utf-8")


def with_results(page: str, recorded: dict[str, Any]) -> str:
    """Return the page with the results between its marks."""
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    assert found and ended, f"{PAGE.name} must have the lines {BEGIN.strip()} and {END.strip()}"
    return before + BEGIN + "\n" + "\n".join(lines_of(recorded)) + "\n" + END + after


def lines_of(recorded: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the results: a table for each benchmark, then the machines."""
    machines: list[dict[str, Any]] = []
    for entry in recorded["benchmarks"].values():
        if entry["machine"] not in machines:
            machines.append(entry["machine"])
    for name, entry in recorded["benchmarks"].items():
        place = machines.index(entry["machine"]) + 1
        note = f" ([run {place}](#machine))" if len(machines) > 1 else ""
        yield f"### {CATALOG[name].title}\n"
        yield f"`{entry['command']}`{note}" + _totals(entry) + "\n"
        if "failed" in entry:
            yield f"The run failed: {entry['failed']}\n"
            continue
        yield "| what | beside | to reach | measured | CPU s |"
        yield "| --- | --- | --- | --- | --- |"
        yield from map(_row, entry["results"])
        yield ""
    yield "### Machine\n"
    for place, one in enumerate(machines, start=1):
        yield f"{place}. {_machine(one)}" if len(machines) > 1 else _machine(one)
    yield ""


def _totals(entry: dict[str, Any]) -> str:
    if "failed" in entry:
        return ""
    memory = f"{entry['peak_mib']:,} MiB at most"
    return f": {entry['cpu_s']:,.0f} s of CPU time in all, {memory}"


def _row(one: dict[str, Any]) -> str:
    reach = one["reach"] or "–"
    mark = {True: "", False: " **(not reached)**", None: ""}[one["met"]]
    seconds = "<br>".join(f"{side} {_seconds(value)}" for side, value in one["cpu_s"].items())
    cells = (one["what"], one["peer"], reach, one["measured"] + mark, seconds)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _machine(one: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in one["versions"].items())
    return (
        f"{one['date']}, revision {one['revision']}: {one['processor']}, {one['cores']} cores, "
        f"{one['memory_gib']} GiB; {one['system']}, Python {one['python']}; {versions}."
    )


if __name__ == "__main__":
    main()

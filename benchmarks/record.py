"""Run the benchmarks and record their results.

    python -m benchmarks.record [NAME …] [--out benchmarks/results.json] [--locomo locomo10.json]
    python -m benchmarks.page benchmarks/results.json

Without names, all run that take at most two minutes on two idle cores. Results are added to those
of the file, each with its date, machine, versions and revision. `--quick` makes everything small,
to try whether it works.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.catalog import CATALOG, Entry
from benchmarks.measuring import ROOT, CommandFailed, run_command

RESULTS = ROOT / "benchmarks" / "results.json"
PACKAGES = ("locomo-vqa", "numpy", "onnxruntime", "torch", "pillow", "pyarrow", "httpx", "ray")
_TIMEOUT_S = 1800


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(CATALOG)}")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--locomo", type=Path, help="LoCoMo's file")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try them")
    return parser


def main() -> None:
    """Run what was asked for, and write the file after each."""
    parser = make_parser()
    options = parser.parse_args()
    for name in options.names:
        if name not in CATALOG:
            parser.error(f"{name} is not a benchmark; the names are {', '.join(CATALOG)}.")
    names = options.names or [name for name, entry in CATALOG.items() if not entry.long]
    out: Path = options.out
    found = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"benchmarks": {}}
    for name in names:
        print(f"== {name}: {CATALOG[name].title}", flush=True)
        entry = record(CATALOG[name], quick=options.quick, locomo=options.locomo)
        found["benchmarks"][name] = {**entry, "machine": machine()}
        done = found["benchmarks"]
        ordered = {name: done[name] for name in CATALOG if name in done}
        text = json.dumps({"benchmarks": ordered}, indent=1, ensure_ascii=False)
        out.write_text(text + "\n", encoding="utf-8")
    sys.exit(any("failed" in found["benchmarks"][name] for name in names))


def record(entry: Entry, *, quick: bool = False, locomo: Path | None = None) -> dict[str, Any]:
    """Run a benchmark; return its results, or why it failed."""
    more = [*entry.quick] if quick else []
    given = ["--locomo", str(locomo.resolve())] if locomo and entry.locomo else []
    command = [sys.executable, "-m", f"benchmarks.{entry.module}", *entry.arguments, *more, *given]
    shown = entry.command(*more, *(["--locomo", "locomo10.json"] if given else []))
    try:
        printed, cost = run_command(command, timeout_s=_TIMEOUT_S)
    except CommandFailed as error:
        print(error)
        return {"command": shown, "failed": str(error).splitlines()[-1], "results": []}
    print(printed.strip().rpartition("\n")[0], flush=True)
    found: dict[str, Any] = json.loads(printed.strip().rpartition("\n")[2])
    results = [{**one, "cpu_s": _rounded(one["cpu_s"])} for one in found["results"]]
    return {
        "command": shown,
        "cpu_s": found["cpu_s"],
        "wall_s": round(cost.wall_s, 1),
        "peak_mib": found["peak_mib"],
        "results": results,
    }


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {side: float(f"{value:.3g}") for side, value in seconds.items()}


def machine() -> dict[str, Any]:
    """Return when and where this is."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(pages * size / 2**30),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "versions": dict(_versions(PACKAGES)),
        "revision": _revision(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _versions(names: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for name in names:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return found


def _revision() -> str | None:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


if __name__ == "__main__":
    main()

"""What a benchmark found: a line for people, and a line of JSON for `benchmarks.record`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.measuring import cpu_seconds, peak_mib, prepare

__all__ = ["Result", "benchmark", "less_cpu", "not_measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure."""

    what: str
    """What was done, with its size."""
    peer: str
    """What it is compared with."""
    reach: str
    """What must be reached; empty if the figure is only stated."""
    measured: str
    """What was reached, or why nothing was measured."""
    met: bool | None
    """Whether `reach` was reached; None if it was not measured, or must not reach anything."""
    cpu_s: Mapping[str, float] = field(default_factory=dict)
    """CPU seconds by side."""


def less_cpu(
    what: str, peer: str, ours: float, theirs: float, least: float, *, note: str = ""
) -> Result:
    """Return the result of a comparison of CPU seconds, where the ratio must reach `least`."""
    ratio = theirs / max(ours, 1e-9)
    return Result(
        what=what,
        peer=peer,
        reach=f"{least:g} × less CPU" if least != 1 else "no more CPU",
        measured=f"{ratio:,.1f} ×{note}",
        met=ratio >= least,
        cpu_s={"ours": ours, "peer": theirs},
    )


def not_measured(what: str, peer: str, reach: str, reason: str) -> Result:
    """Return the result of a comparison that could not be made."""
    return Result(what=what, peer=peer, reach=reach, measured=f"not measured: {reason}", met=None)


def benchmark(
    parser: argparse.ArgumentParser, measure: Callable[[argparse.Namespace], Sequence[Result]]
) -> None:
    """Read the arguments, measure, and print the results and a last line of JSON."""
    options = parser.parse_args()
    prepare()
    results = measure(options)
    for one in results:
        state = {True: "reached", False: "NOT REACHED", None: ""}[one.met]
        print(f"{one.what}; {one.peer}: {one.measured}", f"(to reach: {one.reach}; {state})")
        seconds = ", ".join(f"{side} {value:.4g}" for side, value in one.cpu_s.items())
        print(f"    CPU seconds: {seconds}" if seconds else "", end="\n" if seconds else "")
    total: dict[str, Any] = {"cpu_s": round(cpu_seconds(), 2), "peak_mib": round(peak_mib())}
    print(json.dumps({"results": [asdict(one) for one in results], **total}))

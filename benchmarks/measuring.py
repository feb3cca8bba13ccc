"""CPU seconds, memory and ratios, measured in the same way by every benchmark.

Times are CPU seconds, of a process and of the children it waited for: on a shared machine, wall
time measures the others. What is compared runs in turns, A B A B, and the ratio is the median of
those of the pairs.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

__all__ = [
    "ROOT",
    "CommandFailed",
    "Cost",
    "cpu_seconds",
    "in_process",
    "in_turns",
    "measured",
    "median_ratio",
    "peak_mib",
    "prepare",
    "run_command",
]

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

MEMORY_GIB = 12
"""The most private memory that a process of a benchmark may have."""

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


class CommandFailed(Exception):
    """A command ended with an error, or took too long."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work took."""

    cpu_s: float
    """CPU seconds, children included."""
    wall_s: float
    peak_mib: float
    """The most memory of the largest process."""


def prepare() -> None:
    """Set the number of threads to one and bound the memory, for this process and its children."""
    os.environ.update(dict.fromkeys(_THREADS, "1"), TOKENIZERS_PARALLELISM="false")
    limit, most = MEMORY_GIB << 30, resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(
        resource.RLIMIT_DATA, (limit if most == resource.RLIM_INFINITY else most, most)
    )


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the children it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_mib() -> float:
    """Return the most memory that this process, or the largest of its children, has had."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(usage.ru_maxrss for usage in usages) / 1024


def measured(work: Callable[[], T]) -> tuple[T, Cost]:
    """Return what some work returns, and its cost in this process and its children."""
    wall, cpu = time.perf_counter(), time.process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    value = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    later = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu += later.ru_utime + later.ru_stime - children.ru_utime - children.ru_stime
    return value, Cost(cpu, wall, peak_mib())


def in_process(work: Callable[..., T], *arguments: Any) -> T:
    """Return what a function of a module returns in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        value = pool.apply(work, arguments)
        pool.close()
        pool.join()
    return value


def run_command(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
    timeout_s: float = 900,
) -> tuple[str, Cost]:
    """Run a command; return what it printed, and its cost with that of the children it waited for.

    Raises:
        CommandFailed: It ended with an error or took longer than `timeout_s`.
    """
    with tempfile.TemporaryFile("w+") as out:
        wall = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        timer = threading.Timer(timeout_s, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - wall
        out.seek(0)
        printed = out.read()
    if process.returncode:
        name = " ".join(map(str, command))
        raise CommandFailed(f"{name} ended with {process.returncode}:\n{printed[-2000:]}")
    return printed, Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def in_turns(works: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds of each work in each round, in this process; all run in turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(measured(work)[1].cpu_s)
    return times


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return how many times the other side's seconds exceed ours, the median of the pairs."""
    return statistics.median(b / max(a, 1e-9) for a, b in zip(ours, theirs, strict=True))


def python() -> str:
    """Return this interpreter."""
    return sys.executable

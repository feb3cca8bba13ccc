"""Run a system on a Ray of one node, and in one process, against an endpoint with latency.

    python -m benchmarks.ray_workers [--questions 40] [--latency 0.2] [--jobs 10]

Both sides run full-context on the sample's ten conversations, with the metering proxy, and the
endpoint is a stub in its own process. The wall times begin when the first system's process has
started, by the run's journal. What comes before, which with Ray is the start of its actors, is
stated apart, and so is the start of Ray itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import psutil

import locomo_vqa as lv
from benchmarks.asking import serve
from benchmarks.measuring import in_process
from benchmarks.results import Result, benchmark
from locomo_vqa.workers import connected, parse_workers

REACH = 1.05
"""The most that Ray may take of asyncio's wall time."""
CONVERSATIONS = 10
"""In the sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What a run took, in seconds."""

    work_s: float
    """From the first process's start to the last line of the journal."""
    begin_s: float
    """From the run's begin to the first process's start."""
    ray_s: float
    """The start of Ray."""
    cpu_s: float
    """CPU seconds of all processes."""
    answers: str
    """The run's `answers_sha256`."""


def timed(workers: str | None, port: int, questions: int, jobs: int) -> Timed:
    """Run in this process, which must be a new one."""
    begun = time.perf_counter()
    if workers is None:
        return _timed(None, port, questions, jobs, 0.0)
    with connected(parse_workers(workers)):
        return _timed(workers, port, questions, jobs, time.perf_counter() - begun)


def _timed(workers: str | None, port: int, questions: int, jobs: int, ray_s: float) -> Timed:
    with tempfile.TemporaryDirectory() as folder, _Processes() as processes:
        done = lv.run(
            "full-context",
            benchmark="sample",
            split="all",
            images="caption",
            limit=questions,
            model=f"openai:http://127.0.0.1:{port}/v1?model=stub",
            jobs=jobs,
            workers=workers,
            out=Path(folder) / "run",
            progress=False,
        )
        lines = (done.folder / "journal.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    first = next(row["time"] for row in rows if row["event"] == "environment")
    return Timed(
        work_s=_seconds(first, rows[-1]["time"]),
        begin_s=_seconds(rows[0]["time"], first),
        ray_s=ray_s,
        cpu_s=processes.cpu_s,
        answers=done.info["answers_sha256"],
    )


def _seconds(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


class _Processes:
    """Adds up the CPU seconds of this process and all below it, until Ray kills its actors."""

    def __init__(self) -> None:
        self.cpu_s = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._before = _cpu_seconds()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self.cpu_s = max(self.cpu_s, _cpu_seconds() - self._before)


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and of all below it, those that ended included."""
    total, own = 0.0, psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=40, help="of each conversation")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--jobs", type=int, default=CONVERSATIONS)
    return parser


def measure(options: argparse.Namespace) -> list[Result]:
    """Run both sides, each in a process of its own."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(options.latency, there))
    server.start()
    try:
        port = here.recv()
        sides = [
            in_process(timed, workers, port, options.questions, options.jobs)
            for workers in (None, "ray:local")
        ]
    finally:
        here.send(False)
        server.join()
    return _compared(*sides, options)


def _compared(asyncio: Timed, ray: Timed, options: argparse.Namespace) -> list[Result]:
    ratio = ray.work_s / asyncio.work_s
    what = (
        f"{CONVERSATIONS} conversations of {options.questions} questions, {options.jobs} at once, "
        f"{1000 * options.latency:g} ms a reply, on a Ray of one node"
    )
    return [
        Result(
            what=what,
            peer=f"one process, {asyncio.work_s:.2f} s",
            reach=f"at most {REACH:g} × the wall time, the same answers",
            measured=f"{ratio:.3f} ×, {'the same' if ray.answers == asyncio.answers else 'OTHER'}",
            met=ratio <= REACH and ray.answers == asyncio.answers,
            cpu_s={"ours": ray.cpu_s, "peer": asyncio.cpu_s},
        ),
        Result(
            what="the start of Ray, and of its actors until the first system starts",
            peer=f"one process, {asyncio.begin_s:.2f} s until then",
            reach="",
            measured=f"{ray.ray_s:.1f} s, and {ray.begin_s:.1f} s",
            met=None,
        ),
    ]


if __name__ == "__main__":
    benchmark(make_parser(), measure)

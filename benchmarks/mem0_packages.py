"""Run the toolkit's mem0 and the mem0ai packages on the same conversations, side by side.

    python -m benchmarks.mem0_packages [--benchmark sample] [--systems mem0 mem0ai-1 mem0ai-2]

The model and the embedder are the tests' stub, in its own process: it answers immediately, by
rules. What is measured is the systems' own work inside the same harness: seconds, and CPU seconds
of all processes except the stub's. The packages need `locomo-vqa systems install mem0ai-1` and the
same for mem0ai-2. mem0ai 1 looks up each fact's neighbours once, as the toolkit's mem0 does; mem0ai
2 only adds memories and has no update stage.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from tests.evaluators.third_party.stub_memory_model import stub_memory_model

OURS = "mem0"


def serve(pipe: Connection) -> None:
    """Run the stub until the pipe sends False; answer other messages with the number of calls."""
    with stub_memory_model() as stub:
        pipe.send(stub.url)
        while pipe.recv():
            pipe.send(len(stub.requests))


def run(system: str, url: str, options: argparse.Namespace, out: Path) -> tuple[float, float]:
    """Run a system and return its seconds and CPU seconds."""
    model = f"openai:{url}/v1?model=stub"
    embedder = model if system == OURS else "stub"
    command = [sys.executable, "-m", "locomo_vqa", "run", system, "--out", str(out)]
    command += ["--benchmark", options.benchmark, "--split", options.split, "--model", model]
    command += ["--option", f"embedder={embedder}", "--limit", str(options.limit)]
    command += ["--no-meter"]
    before, begun = _children_cpu(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{system}: {done.stderr[-2000:]}")
    return time.perf_counter() - begun, _children_cpu() - before


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _call_count(pipe: Connection) -> int:
    pipe.send(True)
    return int(pipe.recv())


def measure(systems: Sequence[str], pipe: Connection, options: argparse.Namespace) -> None:
    """Run the systems in turn and print the fastest round of each."""
    url = pipe.recv()
    found: dict[str, list[tuple[float, float]]] = {system: [] for system in systems}
    calls = {}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(options.rounds):
            for system in systems:
                before = _call_count(pipe)
                found[system].append(run(system, url, options, Path(folder, f"{system}-{turn}")))
                calls[system] = _call_count(pipe) - before
    ours = min(cpu for _, cpu in found[OURS])
    print(f"{options.benchmark}, {options.split} split, best of {options.rounds} rounds")
    print(f"{'system':12}{'seconds':>9}{'CPU s':>9}{'times ours':>12}{'calls':>8}")
    for system, times in found.items():
        seconds, cpu = min(each for each, _ in times), min(each for _, each in times)
        print(f"{system:12}{seconds:9.1f}{cpu:9.1f}{cpu / ours:12.1f}{calls[system]:8,}")


def main() -> None:
    """Start the stub, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark", default="sample")
    parser.add_argument("--split", default="test")
    parser.add_argument("--limit", type=int, default=20, help="questions per conversation")
    parser.add_argument("--systems", nargs="+", default=[OURS, "mem0ai-1", "mem0ai-2"])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    here, there = multiprocessing.Pipe()
    stub = multiprocessing.Process(target=serve, args=(there,))
    stub.start()
    try:
        measure(list(dict.fromkeys([OURS, *options.systems])), here, options)
    finally:
        here.send(False)
        stub.join()


if __name__ == "__main__":
    main()

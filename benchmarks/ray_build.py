"""Have questions written about the sample's images, here and on Ray.

    python -m benchmarks.ray_build [--rounds 3] [--latency 0.2] [--in-flight 32]

The endpoint is a stub in its own process. Both sides write the same questions into a new response
store, in turns; starting Ray and its actors is not counted, and is stated apart. The CPU seconds
are those of all processes of a side, the stub's apart. The last figure is what a request costs the
ledger, through which all replies go.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.asking import reply_with, serve
from benchmarks.measuring import median_ratio
from benchmarks.results import Result, benchmark
from locomo_vqa.benchmark import QUESTION_TYPES, Benchmark, load_benchmark
from locomo_vqa.builders.build_folder import BuildFolder
from locomo_vqa.builders.questions.writing import image_places, write_in_order
from locomo_vqa.builders.spending.meter import BuildMeter
from locomo_vqa.builders.spreading.pool import BuildWorkers, build_workers
from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.opening import open_model
from locomo_vqa.prices import bundled_prices
from locomo_vqa.responses import ResponseStore, StoredModel
from locomo_vqa.workers import Workers, connected

MOST = 1.05
"""How much longer it may take with Ray."""

SAID = json.dumps({"question": "What colour is it?", "answer": "blue", "reason": "It looks blue."})


_STUBS: set[int] = set()
"""The stubs' processes."""


class Side:
    """One way to write the questions."""

    def __init__(self, benchmark: Benchmark, spec: str) -> None:
        self.benchmark = benchmark
        self.spec = spec
        self.places = list(image_places(benchmark))
        self.walls: list[float] = []
        self.cpus: list[float] = []
        self.starts: list[float] = []
        self.ledger_s = 0.0
        """The CPU seconds of the ledger, the last time."""

    @property
    def questions(self) -> int:
        """How many questions are written."""
        return len(self.places) * len(QUESTION_TYPES)

    async def write(self, model: ChatModel) -> None:
        """Write them, and note what it took."""
        before, begun = cpu_by_process(), time.perf_counter()
        rows = await write_in_order(
            *(model, self.benchmark, self.places, QUESTION_TYPES),
            attempts=1,
            progress=lambda done, total: None,
        )
        self.walls.append(time.perf_counter() - begun)
        taken = {key: cpu - before.get(key, 0.0) for key, cpu in cpu_by_process().items()}
        self.cpus.append(sum(taken.values()))
        self.ledger_s = sum(cpu for (_, name), cpu in taken.items() if name == "ray::ReplyLedger")
        assert all(row.state == "ok" for row in rows)


def cpu_by_process() -> dict[tuple[int, str], float]:
    """Return the CPU seconds of this process and of those below it, but for the stub's."""
    found = {}
    own = psutil.Process()
    for process in (own, *own.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            if process.pid not in _STUBS:
                times = process.cpu_times()
                found[process.pid, process.name()] = times.user + times.system
    return found


@contextlib.contextmanager
def new_work_folder() -> Iterator[tuple[BuildFolder, BuildMeter]]:
    """Yield a work folder with the sample as the result of the stage split, and its meter."""
    with tempfile.TemporaryDirectory() as name:
        folder = BuildFolder(Path(name))
        folder.split.symlink_to(load_benchmark("sample").folder)
        with BuildMeter(folder.calls, bundled_prices(), None) as meter:
            yield folder, meter


def write_here(side: Side) -> None:
    """Write the questions in this process."""

    async def main() -> None:
        opened = meter.open(open_model(side.spec), side.spec, role="generator", stage="probe")
        with ResponseStore(folder.responses) as store:
            await side.write(StoredModel(opened, store))
        await opened.close()

    with new_work_folder() as (folder, meter):
        asyncio.run(main())


def write_on_ray(side: Side) -> None:
    """Write them on the cluster."""

    async def main(workers: BuildWorkers) -> None:
        async with workers.open_model(side.spec, parameter="generator") as model:
            side.starts.append(time.perf_counter() - begun)
            await side.write(model)

    with new_work_folder() as (folder, meter):
        begun = time.perf_counter()
        with build_workers(Workers(ray=True), folder, meter, [side.spec]) as workers:
            asyncio.run(main(workers))


@contextlib.contextmanager
def stub(latency_s: float) -> Iterator[str]:
    """Serve until the block ends, and yield the address."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(latency_s, there, reply_with(SAID)))
    server.start()
    assert server.pid is not None
    _STUBS.add(server.pid)
    try:
        yield f"http://127.0.0.1:{here.recv()}/v1"
    finally:
        here.send(False)
        server.join()


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--in-flight", type=int, default=32)
    return parser


def measure(options: argparse.Namespace) -> list[Result]:
    """Start Ray, and write the questions in turns."""
    sample = load_benchmark("sample")
    begun = time.perf_counter()
    with connected(Workers(ray=True)):
        start_s = time.perf_counter() - begun
        with stub(options.latency) as url:
            sides = [
                Side(sample, f"openai:{url}?model=stub&in_flight={options.in_flight}")
                for _ in range(2)
            ]
            for _ in range(options.rounds):
                write_here(sides[0])
                write_on_ray(sides[1])
    return [compared(*sides, start_s, options), passed(sides[1])]


def compared(here: Side, ray: Side, start_s: float, options: argparse.Namespace) -> Result:
    """Return how much longer it takes with Ray."""
    ratio = median_ratio(here.walls, ray.walls)
    actors_s = statistics.median(ray.starts)
    return Result(
        what=f"{here.questions} questions written, {options.in_flight} at a time, a latency of "
        f"{options.latency:g} s, on one node",
        peer="asyncio in one process",
        reach=f"at most {MOST} × the time",
        measured=f"{ratio:.3f} ×; Ray started in {start_s:.1f} s, its actors in {actors_s:.1f} s",
        met=ratio <= MOST,
        cpu_s={
            "asyncio": statistics.median(here.cpus),
            "with Ray": statistics.median(ray.cpus),
        },
    )


def passed(ray: Side) -> Result:
    """Return what a request costs the ledger, through which all of a build's requests go."""
    each = ray.ledger_s / ray.questions
    return Result(
        what="a request that the ledger passes",
        peer="none",
        reach="",
        measured=f"{1000 * each:.1f} ms of its CPU time, so {1 / each:,.0f} a second",
        met=None,
        cpu_s={"the ledger": ray.ledger_s},
    )


if __name__ == "__main__":
    benchmark(make_parser(), measure)

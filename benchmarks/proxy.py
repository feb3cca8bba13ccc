"""Call an endpoint directly and through the metering proxy, side by side.

    python -m benchmarks.proxy [--calls 500] [--in-flight 32] [--mode record]

The endpoint is a stub that answers immediately, the proxy runs in its own process, and the client
is the `openai` package's. Calls alternate, one directly and one through the proxy, so that both
meet the same machine load. The output is the time that the proxy adds per call, and its CPU time.
With many calls in flight, a stub without latency would only show the machine's limit, so there the
stub waits `--latency` seconds, and the output is how much longer a batch takes.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from benchmarks.asking import serve
from locomo_vqa.evaluators.proxy import MeteringProxy
from locomo_vqa.evaluators.proxy.recorder import RECORDING_MODES, RecordingMode
from locomo_vqa.system import Endpoint

WORDS = "What did we say about the lighthouse in the picture? " * 40


def run_proxy(port: int, mode: RecordingMode, pipe: Connection) -> None:
    """Run a proxy until the pipe sends False; answer each other message with its CPU seconds."""
    upstream = Endpoint(base_url=f"http://127.0.0.1:{port}/v1", model="stub", api_key="none")
    with tempfile.TemporaryDirectory() as folder:
        store = None if mode == "off" else Path(folder, "recorded.sqlite")
        ledger = Path(folder, "calls.jsonl")
        with MeteringProxy(upstream, ledger, mode=mode, store=store) as proxy:
            endpoint = proxy.endpoint("conv-1")
            pipe.send((endpoint.base_url, endpoint.api_key))
            while pipe.recv():
                pipe.send(time.process_time())


async def ask(client: AsyncOpenAI, number: int) -> float:
    """Make one call and return its milliseconds."""
    begun = time.perf_counter()
    await client.chat.completions.create(
        model="stub", messages=[{"role": "user", "content": f"{number}: {WORDS}"}]
    )
    return (time.perf_counter() - begun) * 1000


async def one_by_one(clients: Sequence[AsyncOpenAI], calls: int) -> list[list[float]]:
    """Return the times of calls that alternate between the clients, by client."""
    times: list[list[float]] = [[] for _ in clients]
    for number in range(calls):
        for found, client in zip(times, clients, strict=True):
            found.append(await ask(client, number))
    return times


async def at_once(client: AsyncOpenAI, calls: int, in_flight: int) -> float:
    """Return the seconds that calls take with `in_flight` of them running at any time."""
    numbers = iter(range(calls))

    async def worker() -> None:
        for number in numbers:
            await ask(client, number)

    begun = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(in_flight)))
    return time.perf_counter() - begun


def started(
    work: Callable[..., None], *arguments: object
) -> tuple[multiprocessing.Process, Connection, Any]:
    """Start work in a process; return the process, a pipe to it and its first message."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=work, args=(*arguments, there))
    process.start()
    return process, here, here.recv()


def cpu_seconds(pipe: Connection) -> float:
    """Return the CPU time of the proxy so far."""
    pipe.send(True)
    return float(pipe.recv())


async def measure(latency_s: float, options: argparse.Namespace) -> None:
    """Start a stub and a proxy, measure, and print."""
    stub, stub_pipe, port = started(serve, latency_s)
    proxy, pipe, found = started(run_proxy, port, options.mode)
    direct = AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
    through = AsyncOpenAI(base_url=found[0], api_key=found[1])
    try:
        await one_by_one((direct, through), 20)
        before = cpu_seconds(pipe)
        if latency_s:
            await print_batches(direct, through, options)
        else:
            await print_calls(direct, through, options)
        print(f"  CPU time: {(cpu_seconds(pipe) - before) * 1000 / options.calls:.2f} ms")
    finally:
        await direct.close()
        await through.close()
        for process, end in ((proxy, pipe), (stub, stub_pipe)):
            end.send(False)
            process.join()


async def print_calls(
    direct: AsyncOpenAI, through: AsyncOpenAI, options: argparse.Namespace
) -> None:
    """Print how much longer single calls take."""
    plain, metered = await one_by_one((direct, through), options.calls)
    print(f"one by one, {options.calls:,} calls each way, mode {options.mode}")
    for name, place in (("median", 49), ("90th percentile", 89)):
        a, b = (statistics.quantiles(times, n=100)[place] for times in (plain, metered))
        print(f"  {name}: {a:.2f} ms directly, {b:.2f} ms through the proxy: {b - a:+.2f} ms")
    added = statistics.median(b - a for a, b in zip(plain, metered, strict=True))
    print(f"  median of the differences: {added:+.2f} ms")


async def print_batches(
    direct: AsyncOpenAI, through: AsyncOpenAI, options: argparse.Namespace
) -> None:
    """Print how much longer calls take when many run at once."""
    plain = await at_once(direct, options.calls, options.in_flight)
    metered = await at_once(through, options.calls, options.in_flight)
    rounds = options.calls / options.in_flight
    print(
        f"{options.in_flight} at a time, {options.calls:,} calls, latency {options.latency:g} s\n"
        f"  {plain:.2f} s directly, {metered:.2f} s through the proxy: "
        f"{(metered - plain) * 1000 / rounds:+.2f} ms per round"
    )


def main() -> None:
    """Measure one by one, then many at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--mode", choices=RECORDING_MODES, default="record")
    options = parser.parse_args()
    asyncio.run(measure(0.0, options))
    asyncio.run(measure(options.latency, options))


if __name__ == "__main__":
    main()

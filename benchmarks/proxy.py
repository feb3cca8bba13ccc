"""Call an endpoint directly and through the metering proxy, side by side.

    python -m benchmarks.proxy [--calls 300] [--in-flight 32] [--mode record] [--no-peer]

The endpoint is a stub that answers immediately, the proxy runs in its own process, and the client
is the `openai` package's. Calls alternate, one directly and one through each proxy, so that all
meet the same machine load. The output is the time that the proxy adds per call, and its CPU time,
beside those of the peer, litellm's proxy, with one worker, no database and no retries; it stores no
replies and no ledger.

With many calls in flight, a stub without latency would only show the machine's limit, so there the
stub waits `--latency` seconds, and the output is how much longer a batch takes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
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
from benchmarks.litellm_proxy import PACKAGE, litellm_proxy
from benchmarks.peers import PeerMissing
from benchmarks.results import Result, benchmark, not_measured
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


async def measure_latency(latency_s: float, options: argparse.Namespace) -> list[Result]:
    """Start a stub and the proxies, measure, and stop them."""
    stub, stub_pipe, port = started(serve, latency_s)
    proxy, pipe, found = started(run_proxy, port, options.mode)
    direct = AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none")
    through = AsyncOpenAI(base_url=found[0], api_key=found[1])
    try:
        if latency_s:
            await one_by_one((direct, through), 20)
            return [await batches(direct, through, options)]
        return await calls(direct, through, pipe, port, options)
    finally:
        await direct.close()
        await through.close()
        for process, end in ((proxy, pipe), (stub, stub_pipe)):
            end.send(False)
            process.join()


async def calls(
    direct: AsyncOpenAI,
    through: AsyncOpenAI,
    pipe: Connection,
    port: int,
    options: argparse.Namespace,
) -> list[Result]:
    """Return how much longer single calls take, through this proxy and the peer's."""
    what = f"{options.calls:,} calls one by one through the proxy, mode {options.mode}"
    peer, missing = f"calls through the proxy of {PACKAGE}", "left out"
    with contextlib.ExitStack() as stack:
        clients, their = [direct, through], None
        if not options.no_peer:
            try:
                their = stack.enter_context(litellm_proxy(port))
            except PeerMissing as error:
                missing = str(error)
        if their is not None:
            clients.append(AsyncOpenAI(base_url=their.base_url, api_key=their.api_key))
        await one_by_one(clients, 20)
        before = [cpu_seconds(pipe), their.cpu_seconds() if their else 0.0]
        times = await one_by_one(clients, options.calls)
        after = [cpu_seconds(pipe), their.cpu_seconds() if their else 0.0]
        for client in clients[2:]:
            await client.close()
    cpu = [later - first for first, later in zip(before, after, strict=True)]
    medians = [statistics.median(one) for one in times]
    added = [
        statistics.median(b - a for a, b in zip(times[0], one, strict=True)) for one in times[1:]
    ]
    each = [1000 * seconds / options.calls for seconds in cpu]
    results = [
        Result(
            what=what,
            peer=f"direct calls: {medians[0]:.2f} ms",
            reach=f"less than {MOST_ADDED_MS:g} ms of CPU time added to a call",
            measured=f"{each[0]:.2f} ms of CPU time, {added[0]:+.2f} ms of time",
            met=each[0] < MOST_ADDED_MS,
            cpu_s={"ours": cpu[0]},
        )
    ]
    if their is None:
        return [*results, not_measured(what, peer, "no more CPU", missing)]
    return [
        *results,
        Result(
            what=what,
            peer=peer,
            reach="no more CPU",
            measured=f"{cpu[1] / cpu[0]:.1f} ×: {each[1]:.2f} ms, {added[1]:+.2f} ms of time",
            met=cpu[1] >= cpu[0],
            cpu_s={"ours": cpu[0], "peer": cpu[1]},
        ),
    ]


async def batches(direct: AsyncOpenAI, through: AsyncOpenAI, options: argparse.Namespace) -> Result:
    """Return how much longer calls take when many run at once."""
    plain = await at_once(direct, options.calls, options.in_flight)
    metered = await at_once(through, options.calls, options.in_flight)
    rounds = options.calls / options.in_flight
    return Result(
        what=f"{options.calls:,} calls, {options.in_flight} at a time, of {options.latency:g} s",
        peer=f"direct calls: {plain:.2f} s",
        reach="",
        measured=f"{metered:.2f} s, {(metered - plain) * 1000 / rounds:+.1f} ms a round",
        met=None,
    )


MOST_ADDED_MS = 10.0
"""The CPU time that the proxy may add to a call; models take a hundred times as long."""


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--mode", choices=RECORDING_MODES, default="record")
    parser.add_argument("--no-peer", action="store_true", help="leave out litellm's proxy")
    return parser


def measure(options: argparse.Namespace) -> list[Result]:
    """Measure one by one, then many at a time."""
    single = asyncio.run(measure_latency(0.0, options))
    return [*single, *asyncio.run(measure_latency(options.latency, options))]


if __name__ == "__main__":
    benchmark(make_parser(), measure)

"""Ask an endpoint with latency many questions, with and without the response store.

    python -m benchmarks.asking [--questions 5000] [--latency 0.2] [--in-flight 32]

The endpoint is a stub in its own process. The bound is what latency alone costs:
questions / in flight * latency. The first run sends the same bytes without a client library, which
shows what the machine can do at the moment; the last run asks everything again from the filled
store. Then a process that asks with a new store is killed with SIGKILL, and another one goes on:
no reply that was stored may be asked for again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.results import Result, benchmark
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import known_images
from locomo_vqa.responses import ResponseStore, StoredModel


def reply_with(text: str) -> bytes:
    """Return the stub's reply that says `text`."""
    body = (
        b'{"id":"x","object":"chat.completion","created":0,"model":"stub","choices":[{"index":0,'
        b'"finish_reason":"stop","message":{"role":"assistant","content":%s}}],'
        b'"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}'
    ) % json.dumps(text).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


REPLY = reply_with("blue")


def serve(latency_s: float, pipe: Connection, reply: bytes = REPLY) -> None:
    """Answer every request after `latency_s`; answer each message of the pipe with the count."""

    async def main() -> None:
        asked = 0

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal asked
            while True:
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                    _, named, rest = head.lower().partition(b"content-length: ")
                    size = int(rest.partition(b"\r\n")[0]) if named else 0
                    await reader.readexactly(size)
                except (asyncio.IncompleteReadError, ConnectionError):
                    return writer.close()
                asked += 1
                await asyncio.sleep(latency_s)
                writer.write(reply)

        server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1 << 22)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(pipe.recv):
            pipe.send(asked)
        server.close()

    asyncio.run(main())


def requests(number: int) -> list[ChatRequest]:
    """Return different questions about an image of 5 kB."""
    return [ChatRequest(text=f"Question {i}?", images=known_images()[:1]) for i in range(number)]


async def ask_all(model: ChatModel, number: int) -> None:
    """Ask everything; the next requests are ready when one in flight is done."""
    answers = 0
    at_once = 2 * model.in_flight
    async for _, reply in gather_bounded(requests(number), model.ask, at_once=at_once):
        assert isinstance(reply, ChatReply)
        answers += reply.text == "blue"
    assert answers == number


async def ask_bare(port: int, number: int, in_flight: int) -> None:
    """Send the same bytes over plain sockets, the least work for this machine."""
    left = iter(range(number))
    image = known_images()[0].data
    body = b"x" * (len(image) * 4 // 3 + 300)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n"

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in left:
            writer.write(head.encode() + body)
            await reader.readexactly(len(REPLY))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one() for _ in range(in_flight)))


REACH = 0.95
"""The share of the bound to reach."""


def timed(
    name: str, bound_s: float, pipe: Connection, work: Callable[[], Awaitable[None]]
) -> Result:
    """Run the work; return its share of the bound, CPU seconds and calls."""
    before = calls_of(pipe)
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(_awaited(work))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    calls = calls_of(pipe) - before
    asked = f"{bound_s / wall:.1%} of the bound, {calls:,} calls"
    return Result(
        what=name,
        peer=f"the bound of latency, {bound_s:.2f} s",
        reach=f"{REACH:.0%} of the bound" if calls else "0 calls",
        measured=asked if calls else f"0 calls, {wall:.1f} s",
        met=bound_s / wall >= REACH if calls else True,
        cpu_s={"ours": cpu},
    )


def calls_of(pipe: Connection) -> int:
    """Return the number of calls that the endpoint has had."""
    pipe.send(True)
    return int(pipe.recv())


def calls_once_quiet(pipe: Connection) -> int:
    """Return the number of calls once no more arrive: what a killed process sent is on its way."""
    before, now = -1, calls_of(pipe)
    while now != before:
        time.sleep(0.1)
        before, now = now, calls_of(pipe)
    return now


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def ask_stored(spec: str, path: Path, questions: int) -> None:
    """Ask everything over a store."""
    with ResponseStore(path) as store:
        model = StoredModel(open_model(spec), store)
        await ask_all(model, questions)
        await model.close()


def ask_in_process(spec: str, path: Path, questions: int) -> None:
    """Ask everything over a store, in a process that will be killed."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(ask_stored(spec, path, questions))


def stored_replies(path: Path) -> int:
    """Return the number of replies in a store."""
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as found:
        try:
            return int(found.execute("SELECT COUNT(*) FROM replies").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def killed_and_continued(spec: str, path: Path, questions: int, pipe: Connection) -> Result:
    """Kill a process when half of the replies are stored, go on, and count what was asked twice."""
    before = calls_of(pipe)
    process = multiprocessing.get_context("spawn").Process(
        target=ask_in_process, args=(spec, path, questions)
    )
    process.start()
    while process.is_alive() and stored_replies(path) < questions // 2:
        time.sleep(0.02)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    first, stored = calls_once_quiet(pipe) - before, stored_replies(path)
    asyncio.run(ask_stored(spec, path, questions))
    second = calls_of(pipe) - before - first
    repeated = second - (questions - stored)
    return Result(
        what=f"killed after {stored:,} stored replies, and continued",
        peer=f"the {questions - stored:,} calls that were left",
        reach="0 stored replies asked for again",
        measured=f"{repeated:,}; {first - stored:,} calls were under way when it was killed",
        met=repeated == 0,
    )


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--in-flight", type=int, default=32)
    return parser


def measure(options: argparse.Namespace) -> list[Result]:
    """Run an endpoint, ask it everything in several ways, and kill one of them."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(options.latency, there))
    server.start()
    try:
        return ask_in_all_ways(here.recv(), options, here)
    finally:
        here.send(False)
        server.join()


def ask_in_all_ways(port: int, options: argparse.Namespace, pipe: Connection) -> list[Result]:
    """Return the results."""
    spec = f"openai:http://127.0.0.1:{port}/v1?model=stub&in_flight={options.in_flight}"
    questions = options.questions
    bound_s = questions / options.in_flight * options.latency

    async def bare() -> None:
        await ask_bare(port, questions, options.in_flight)

    async def warm_up() -> None:
        await open_model(spec).close()

    with tempfile.TemporaryDirectory() as folder:

        async def stored() -> None:
            await ask_stored(spec, Path(folder) / "responses.sqlite", questions)

        asyncio.run(warm_up())
        ways = {
            "plain sockets": bare,
            "with the store": stored,
            "again, over the filled store": stored,
        }
        what = f"{questions:,} questions, {options.in_flight} at a time"
        results = [timed(f"{what}, {name}", bound_s, pipe, way) for name, way in ways.items()]
        path = Path(folder) / "killed.sqlite"
        return [*results, killed_and_continued(spec, path, questions, pipe)]


if __name__ == "__main__":
    benchmark(make_parser(), measure)

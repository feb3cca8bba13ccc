"""Ask an endpoint with latency many questions, with and without the response store.

    python -m benchmarks.asking [--questions 5000] [--latency 0.2] [--in-flight 32]

The endpoint is a stub in its own process. The bound is what latency alone costs:
questions / in flight * latency. The first run sends the same bytes without a client library, which
shows what the machine can do at the moment; the last run asks everything again from the filled
store.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from pathlib import Path

from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import known_images
from locomo_vqa.responses import ResponseStore, StoredModel

BODY = (
    b'{"id":"x","object":"chat.completion","created":0,"model":"stub","choices":[{"index":0,'
    b'"finish_reason":"stop","message":{"role":"assistant","content":"blue"}}],'
    b'"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}'
)
REPLY = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY)
) + BODY


def serve(latency_s: float, pipe: Connection) -> None:
    """Answer every request after `latency_s`; answer each message of the pipe with the count."""

    async def main() -> None:
        asked = 0

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal asked
            while True:
                try:
                    head = await reader.readuntil(b"\r\n\r\n")
                    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                    await reader.readexactly(size)
                except (asyncio.IncompleteReadError, ConnectionError):
                    return writer.close()
                asked += 1
                await asyncio.sleep(latency_s)
                writer.write(REPLY)

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


def measure(
    name: str, bound_s: float, pipe: Connection, work: Callable[[], Awaitable[None]]
) -> None:
    """Run the work and print a line with seconds, share of the bound, CPU seconds and calls."""
    pipe.send(True)
    before = pipe.recv()
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(_awaited(work))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    pipe.send(True)
    calls = pipe.recv() - before
    share = f"{bound_s / wall:.1%}" if calls else "-"
    print(f"{name:28}{wall:8.2f} s {share:>8} of the bound {cpu:8.2f} CPU s {calls:7,} calls")


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def parse_arguments() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=5000)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--in-flight", type=int, default=32)
    return parser.parse_args()


def main() -> None:
    """Measure the runs and print a line for each."""
    options = parse_arguments()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(options.latency, there))
    server.start()
    port = here.recv()
    spec = f"openai:http://127.0.0.1:{port}/v1?model=stub&in_flight={options.in_flight}"
    bound_s = options.questions / options.in_flight * options.latency
    print(f"{options.questions:,} questions, the bound is {bound_s:.2f} s")

    async def bare() -> None:
        await ask_bare(port, options.questions, options.in_flight)

    async def warm_up() -> None:
        await open_model(spec).close()

    async def plain() -> None:
        model = open_model(spec)
        await ask_all(model, options.questions)
        await model.close()

    with tempfile.TemporaryDirectory() as folder:

        async def stored() -> None:
            with ResponseStore(Path(folder) / "responses.sqlite") as store:
                model = StoredModel(open_model(spec), store)
                await ask_all(model, options.questions)
                await model.close()

        asyncio.run(warm_up())
        measure("plain sockets", bound_s, here, bare)
        measure("without the store", bound_s, here, plain)
        measure("with the store", bound_s, here, stored)
        measure("again, over the filled store", bound_s, here, stored)
    here.send(False)
    server.join()


if __name__ == "__main__":
    main()

"""The stage `images` over many images: memory that stays flat, and images per second.

A server in a separate process gives every URL its own small image. The stage runs
in a second process, which prints the highest memory it had when 10, 50 and 100 % of the images
were there, and at its end, when the folder is written.

Example:

    python benchmarks/images.py --images 100000
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import resource
import struct
import tempfile
import time
import zlib
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from locomo_vqa.benchmark import SPLITS, Conversation, Image, ImageRecord, Session, Turn
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark

PER_CONVERSATION = 100
MARKS = (0.1, 0.5, 1.0)


def main() -> None:
    """Make the benchmark, start the server, run the stage and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--in-flight", type=int, default=32)
    arguments = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_benchmark(folder / "source", arguments.images, port)
        stage = context.Process(target=run, args=(folder, arguments.in_flight))
        stage.start()
        stage.join()
    server.terminate()


def run(folder: Path, in_flight: int) -> None:
    """Run the stage and print memory and speed."""
    from locomo_vqa.builders.images.addresses import Addresses
    from locomo_vqa.builders.images.download import DownloadSettings
    from locomo_vqa.builders.images.fetch_images import fetch_images

    print(f"{'images':>10} {'peak MiB':>9} {'seconds':>8} {'images/s':>11}")
    began = 0.0
    waiting: list[int] = []

    def progress(step: str, done: int, total: int | None) -> None:
        nonlocal began, waiting
        assert total is not None
        if not began:
            began = time.monotonic()
            waiting = [max(1, int(total * mark)) for mark in MARKS]
            print(f"{'none yet':>10} {peak():9.0f}", flush=True)
        elif waiting and done >= waiting[0]:
            waiting.pop(0)
            seconds = time.monotonic() - began
            print(f"{done:10,} {peak():9.0f} {seconds:8.1f} {done / seconds:11.0f}", flush=True)

    addresses = Addresses(allow_private=True)
    settings = DownloadSettings(addresses=addresses, in_flight=in_flight, per_host=in_flight)
    done = fetch_images(folder / "source", out=folder / "out", settings=settings, progress=progress)
    seconds = time.monotonic() - began
    print(f"{'written':>10} {peak():9.0f} {seconds:8.1f}   {done.losses.by_state}")


def peak() -> float:
    """Return the most memory this process had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make_benchmark(folder: Path, images: int, port: int) -> None:
    """Write a benchmark whose conversations share `images` URLs."""
    conversations, records = [], []
    for start in range(0, images, PER_CONVERSATION):
        name, turns = f"conv-{start}", []
        for number in range(start, min(images, start + PER_CONVERSATION)):
            url = f"http://127.0.0.1:{port}/{number}.png"
            image = Image(url=url, state="not_fetched", caption="an image")
            turns.append(Turn(id=f"D1:{number}", speaker="Ada", text="Look.", images=(image,)))
            place = f"{name}/D1:{number}"
            records.append(ImageRecord(url=url, state="not_fetched", turns=(place,)))
        session = Session(number=1, time=datetime(2023, 5, 8), turns=tuple(turns))
        split = SPLITS[len(conversations) % 3]
        conversations.append(
            Conversation(id=name, split=split, speakers=("Ada", "Ben"), sessions=(session,))
        )
    content = BenchmarkContent(
        name="many",
        license=None,
        sources=[],
        conversations=conversations,
        text_questions=(),
        visual_questions=(),
        images=records,
        image_files={},
        report={},
    )
    write_benchmark(folder, content)


def serve(channel: Connection) -> None:
    """Serve an image for every number, and say on which port."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(channel))


async def _serve(channel: Connection) -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    channel.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = png(int(head.split(b" ")[1][1:-4]))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await writer.drain()
    writer.close()


def png(number: int, side: int = 24) -> bytes:
    """Return an image of grey noise that is unique to a number."""
    import random

    noise = random.Random(number)
    rows = b"".join(b"\0" + noise.randbytes(side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


if __name__ == "__main__":
    main()

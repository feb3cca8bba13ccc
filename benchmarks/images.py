"""The stage `images` over many images: memory that stays flat, and the CPU time of an image.

    python -m benchmarks.images [--images 10000] [--peer-images 1000]

A server in a separate process gives every URL its own small image. The stage runs in a second
process, which prints the highest memory it had when 10, 50 and 100 % of the images were there, and
at its end, when the folder is written. Memory is flat if an image more costs at most `FLAT_KIB`,
what its records take: URL, hashes, state and turns. 100,000 images take a few minutes.

The peer is a plain loop over Pillow and ImageHash, with httpx: get, decode, hash, write the file.
It has none of the limits, retries and records. Both hash photographs of 1,024 × 768 too, without
the download.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import random
import resource
import struct
import tempfile
import time
import zlib
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.measuring import in_process, measured
from benchmarks.peers import PeerMissing, environment, run_script
from benchmarks.results import Result, benchmark, less_cpu, not_measured
from locomo_vqa.benchmark import SPLITS, Conversation, Image, ImageRecord, Session, Turn
from locomo_vqa.benchmark.write import BenchmarkContent, write_benchmark

PER_CONVERSATION = 100
MARKS = (0.1, 0.5, 1.0)
MOST_MIB = 1024
FLAT_KIB = 4.0
PEER = "a loop of httpx, Pillow and ImageHash"
PHOTOGRAPHS = 40
"""Images of 1,024 × 768 that both sides hash."""

Marks = list[tuple[int, float]]
"""Numbers of images, and the most memory that the stage had had by then, in MiB."""


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--peer-images", type=int, default=1_000, help="images of the peer's loop")
    return parser


def measure(options: argparse.Namespace) -> list[Result]:
    """Make the benchmark, start the server, and run both sides."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    try:
        return both_sides(options, ours.recv())
    finally:
        server.terminate()
        server.join()


def both_sides(options: argparse.Namespace, port: int) -> list[Result]:
    """Return the results of the stage, of the peer's loop, and of hashing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_benchmark(folder / "source", options.images, port)
        marks, cpu_s = in_process(run, folder, options.in_flight)
        what = f"the stage images over {options.images:,} images"
        results = memory_results(what, marks, cpu_s)
        try:
            python = environment("imagehash==4.3.2", "httpx==0.28.1", "pillow==13.0.0")
        except PeerMissing as error:
            return [*results, not_measured(what, PEER, "", str(error))]
        files = write_photographs(folder / "photographs")
        urls = [f"http://127.0.0.1:{port}/{number}.png" for number in range(options.peer_images)]
        given = {"urls": urls, "out": str(folder / "peer"), "photographs": files}
        found = run_script(python, "images", given)[0]
        hashing = in_process(hash_photographs, files)
    each, their = cpu_s / options.images, found["cpu_s"] / max(1, len(urls))
    results.append(
        Result(
            what="CPU time of an image, from download to folder",
            peer=f"{PEER}, without limits or records",
            reach="",
            measured=f"{each * 1000:.2f} ms beside {their * 1000:.2f} ms",
            met=None,
            cpu_s={"ours": cpu_s, "peer": found["cpu_s"]},
        )
    )
    what = f"decoding and hashing {len(files)} photographs of 1,024 × 768"
    return [*results, less_cpu(what, "Pillow and ImageHash", hashing, found["hashing"], 1)]


def memory_results(what: str, marks: Marks, cpu_s: float) -> list[Result]:
    """Return whether memory was bounded and flat."""
    (before, low), (images, high) = marks[-3], marks[-2]
    growth = (high - low) * 1024 / max(1, images - before)
    return [
        Result(
            what=f"{what}, peak memory",
            peer="a limit",
            reach="less than 1 GiB",
            measured=f"{marks[-1][1]:,.0f} MiB",
            met=marks[-1][1] < MOST_MIB,
            cpu_s={"ours": cpu_s},
        ),
        Result(
            what=f"{what}, growth in the second half",
            peer="flat: what an image's records take",
            reach=f"at most {FLAT_KIB:g} KiB an image",
            measured=f"{growth:.1f} KiB an image",
            met=growth <= FLAT_KIB,
        ),
    ]


def run(folder: Path, in_flight: int) -> tuple[Marks, float]:
    """Run the stage, print memory and speed; return the memory at marks, and the CPU seconds."""
    from locomo_vqa.builders.images.addresses import Addresses
    from locomo_vqa.builders.images.download import DownloadSettings
    from locomo_vqa.builders.images.fetch_images import fetch_images

    print(f"{'images':>10} {'peak MiB':>9} {'seconds':>8} {'images/s':>11}")
    began = time.monotonic()
    waiting: list[int] | None = None
    marks: Marks = []

    def progress(step: str, done: int, total: int | None) -> None:
        nonlocal waiting
        assert total is not None
        if waiting is None:
            waiting = [max(1, int(total * mark)) for mark in MARKS]
            marks.append((0, peak()))
        elif waiting and done >= waiting[0]:
            waiting.pop(0)
            marks.append((done, peak()))
            seconds = time.monotonic() - began
            print(f"{done:10,} {peak():9.0f} {seconds:8.1f} {done / seconds:11.0f}", flush=True)

    addresses = Addresses(allow_private=True)
    settings = DownloadSettings(addresses=addresses, in_flight=in_flight, per_host=in_flight)
    done, cost = measured(
        lambda: fetch_images(
            folder / "source", out=folder / "out", settings=settings, progress=progress
        )
    )
    marks.append((marks[-1][0], peak()))
    print(f"{'written':>10} {peak():9.0f} {cost.wall_s:8.1f}   {done.losses.by_state}")
    return marks, cost.cpu_s


def write_photographs(folder: Path) -> list[str]:
    """Write photographs of noise that was enlarged, and return their paths."""
    from PIL import Image as PillowImage

    folder.mkdir()
    files = []
    for number in range(PHOTOGRAPHS):
        rng = random.Random(number)
        small = PillowImage.frombytes("RGB", (32, 24), rng.randbytes(32 * 24 * 3))
        files.append(str(folder / f"{number}.jpg"))
        small.resize((1024, 768), PillowImage.Resampling.BICUBIC).save(files[-1], quality=90)
    return files


def hash_photographs(files: list[str]) -> float:
    """Decode and hash files as the stage does, and return the CPU seconds."""
    from locomo_vqa.images import MAX_PIXELS, inspect_image

    inspect_image(Path(files[0]), max_pixels=MAX_PIXELS)
    work = lambda: [inspect_image(Path(file), max_pixels=MAX_PIXELS) for file in files]  # noqa: E731
    return measured(work)[1].cpu_s


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
    noise = random.Random(number)
    rows = b"".join(b"\0" + noise.randbytes(side) for _ in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


if __name__ == "__main__":
    benchmark(make_parser(), measure)

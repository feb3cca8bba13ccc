"""Servers that are made to exhaust the process that asks, or to keep it beyond its deadline."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable

import pytest

from tests.core.memory import MOST_MB, peak_mb
from tests.serving import serve_connections

pytestmark = pytest.mark.slow

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
PIECES = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ANSWER_S = 2
"""How long an answer may take that would never be whole."""
PATIENCE_S = 200
"""How long other answers may take, and the process in all."""

Reply = Callable[[], AsyncIterator[bytes]]


def sends(head: bytes, body: bytes = b"", *, pause: float = 0, forever: bool = False) -> Reply:
    async def pieces() -> AsyncIterator[bytes]:
        yield head
        while True:
            if body:
                yield body
            if not forever:
                return
            await asyncio.sleep(pause)

    return pieces


def whole(body: bytes, coding: str = "") -> Reply:
    coded = f"Content-Encoding: {coding}\r\n".encode() if coding else b""
    return sends(OK + coded + b"Content-Length: %d\r\n\r\n" % len(body), body)


def blanks(megabytes: int) -> bytes:
    """Return gigabytes of blanks, compressed a thousandfold."""
    machine = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * (1 << 20)
    return b"".join(machine.compress(block) for _ in range(megabytes)) + machine.flush()


def silence() -> AsyncIterator[bytes]:
    return sends(b"", forever=True, pause=0.1)()


SERVERS: dict[str, tuple[Reply, str]] = {
    "silent": (silence, "no answer within 2 s"),
    "a byte now and then": (
        sends(OK + b"Content-Length: 99\r\n\r\n", b" ", pause=0.1, forever=True),
        "no answer within 2 s",
    ),
    "pieces of a byte": (
        sends(PIECES, b"1\r\nx\r\n" * 1000, forever=True),
        "no answer within 2 s|larger than 32 MiB",
    ),
    "pieces without end": (
        sends(PIECES, b"10000\r\n" + b" " * 65536 + b"\r\n", forever=True),
        "larger than 32 MiB",
    ),
    "headers without end": (
        sends(OK, b"X-A: " + b"a" * 1000 + b"\r\n", forever=True),
        "RemoteProtocolError|ReadError",
    ),
    "a header now and then": (
        sends(OK, b"X-A: a\r\n", pause=0.1, forever=True),
        "no answer within 2 s",
    ),
    "a line without end": (sends(b"HTTP/1.1 200 ", b"O" * 4096, forever=True), "Error"),
    "gzip": (whole(blanks(2048), "gzip"), "larger than 32 MiB"),
    "an error in gzip": (
        sends(
            b"HTTP/1.1 500 X\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"%x\r\n" % len(blanks(512)) + blanks(512) + b"\r\n0\r\n\r\n",
        ),
        "larger than 32 MiB",
    ),
    "br": (whole(b"x", "br"), "compressed as 'br'"),
    "zstd": (whole(b"x", "zstd"), "compressed as 'zstd'"),
    "gzip twice": (whole(gzip.compress(gzip.compress(b"{}")), "gzip, gzip"), "compressed as"),
    "broken gzip": (whole(b"{}", "gzip"), "compression is broken"),
    "deep": (whole(b"[" * 100_000 + b"]" * 100_000), "not JSON"),
    "empty lists": (whole(b"[" + b"[]," * 9_000_000 + b"[]]"), "not JSON"),
    "wide letters": (whole(b'"' + "😀".encode() + b"x" * 30_000_000 + b'"'), ""),
    "a long answer": (whole(b'{"text": "' + b"x" * 30_000_000 + b'"}'), "30,000,000 characters"),
}

ASK = """
import sys, time
from datetime import datetime
from pathlib import Path
from locomo_vqa.evaluators.hosting import HttpHost, Limits
from locomo_vqa.evaluators.hosting.isolation import Failure

host = HttpHost(sys.argv[1], limits=Limits(answer_s=float(sys.argv[2])))
host.start()
host._path = "/conversations/c"
begun = time.monotonic()
answer = host.answer("?", now=datetime(2023, 5, 8))
took = time.monotonic() - begun
print(took, answer.reason if isinstance(answer, Failure) else answer)
host._path = None
host.end()
"""


@pytest.mark.parametrize("name", SERVERS)
def test_no_server_takes_half_a_gigabyte_or_outlives_its_deadline(name: str) -> None:
    reply, reason = SERVERS[name]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            async for piece in reply():
                writer.write(piece)
                await writer.drain()
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    limit = ANSWER_S if "no answer within 2 s" in reason else PATIENCE_S
    with serve_connections(serve) as port:
        peak, printed = peak_mb(ASK, f"http://127.0.0.1:{port}", limit, seconds=PATIENCE_S)
    took, _, said = printed.partition(" ")
    assert any(words in said for words in reason.split("|")), said[:500]
    assert len(said) < 1000
    assert peak < MOST_MB
    assert float(took) < PATIENCE_S / 2

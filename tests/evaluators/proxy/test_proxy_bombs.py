"""Replies and requests that are made to exhaust the metering proxy, which keeps what it records."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.core.memory import MOST_MB, peak_mb
from tests.serving import serve_connections

pytestmark = pytest.mark.slow

CHAT, EVENTS = b"application/json", b"text/event-stream"
BLOCK = b"0.12345," * (1 << 13)
USAGE = b'],"usage":{"prompt_tokens":7,"completion_tokens":0}}'
TINY = b"data:\n\n" * 9000

Body = Callable[[], AsyncIterator[bytes]]


def repeated(block: bytes, megabytes: float, *, last: bytes = b"") -> Body:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(int(megabytes * (1 << 20) / len(block))):
            yield block
        if last:
            yield last

    return pieces


UPSTREAMS: dict[str, tuple[str, bytes, Body, str]] = {
    "vectors": ("embeddings", CHAT, repeated(BLOCK, 90, last=USAGE), "ok usage 7"),
    "too long to record": ("embeddings", CHAT, repeated(BLOCK, 130, last=USAGE), "ok usage 7"),
    "a long answer": ("chat/completions", CHAT, repeated(b"x" * 65536, 90), "ok approximated"),
    "small events": ("chat/completions", EVENTS, repeated(TINY, 8), "ok approximated"),
    "many small events": ("chat/completions", EVENTS, repeated(TINY, 20), "ok approximated"),
    "small pieces": ("chat/completions", CHAT, repeated(b"xx", 0.03), "ok approximated"),
    "no end": ("chat/completions", CHAT, repeated(b"x" * 65536, 1 << 30), "timeout"),
}

ASK = """
import http.client, json, sys, threading
from pathlib import Path
from urllib.parse import urlsplit
from locomo_vqa.evaluators.proxy import MeteringProxy
from locomo_vqa.system import Endpoint

port, path, folder, megabytes, times = sys.argv[1:]
endpoint = Endpoint(base_url=f"http://127.0.0.1:{port}/v1", model="m", api_key="k", timeout_s=200)
if path == "slow":
    path, endpoint = "chat/completions", endpoint.__class__(
        base_url=endpoint.base_url, model="m", api_key="k", timeout_s=2)
ledger = Path(folder, "calls.jsonl")

def ask(address):
    url = urlsplit(address.base_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=250)
    blanks = b" " * (int(megabytes) << 20)
    body = b'{"model": "m", "input": "' + blanks + b'", "messages": []}'
    head = {"Authorization": f"Bearer {address.api_key}", "Content-Type": "application/json"}
    connection.request("POST", f"{url.path}/{path}", body, head)
    del body, blanks
    try:
        reply = connection.getresponse()
        while reply.read(65536):
            pass
    except (http.client.HTTPException, OSError):
        pass

with MeteringProxy(endpoint, ledger, mode="record", store=Path(folder, "r.sqlite")) as proxy:
    asking = [threading.Thread(target=ask, args=(proxy.endpoint(f"c{n}"),))
              for n in range(int(times))]
    for each in asking: each.start()
    for each in asking: each.join()
for line in ledger.read_text().splitlines():
    row = json.loads(line)
    print(row["outcome"], row["counted"], row["input_tokens"])
"""


def measure(
    body: Body, media_type: bytes, path: str, folder: Path, *, megabytes: int = 0, times: int = 1
) -> str:
    """Return what the list of calls says, after checking the memory of proxy and client."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].split(b"\r\n")[0]
        left = int(length or 0)
        while left and (read := await reader.read(min(left, 1 << 20))):
            left -= len(read)
        try:
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: " + media_type + b"\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            async for piece in body():
                writer.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    with serve_connections(serve) as port:
        peak, printed = peak_mb(ASK, port, path, folder, megabytes, times, seconds=250)
    assert peak < MOST_MB
    return printed


@pytest.mark.parametrize("name", UPSTREAMS)
def test_no_reply_takes_half_a_gigabyte(name: str, tmp_path: Path) -> None:
    path, media_type, body, expected = UPSTREAMS[name]
    path = "slow" if name == "no end" else path
    assert measure(body, media_type, path, tmp_path).startswith(expected)


def test_many_replies_at_once_share_their_room(tmp_path: Path) -> None:
    body = repeated(BLOCK, 60, last=USAGE)
    printed = measure(body, CHAT, "embeddings", tmp_path, times=4)
    assert printed.splitlines() == ["ok usage 7"] * 4


def test_a_long_request_is_counted(tmp_path: Path) -> None:
    body = repeated(b"{}", 1e-5)
    printed = measure(body, CHAT, "embeddings", tmp_path, megabytes=60)
    assert printed.startswith("ok approximated 15728640")


def test_a_longer_request_is_refused(tmp_path: Path) -> None:
    printed = measure(repeated(b"{}", 1e-5), CHAT, "embeddings", tmp_path, megabytes=65)
    assert printed.startswith("refused")

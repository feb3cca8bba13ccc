"""The metering proxy under many requests of every kind: nothing left open, and counts exact."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from locomo_vqa.evaluators.proxy import MeteringProxy
from locomo_vqa.evaluators.proxy.ledger import read_calls
from locomo_vqa.system import Endpoint
from tests.evaluators.proxy.stub_upstream import (
    DONE,
    Gives,
    Got,
    as_json,
    chat,
    piece,
    stream,
    stub_upstream,
)
from tests.evaluators.proxy.using import proxy_for

from .profile import EFFORT, rng_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

REQUESTS = int(1200 * EFFORT)
WARM_UP = 300
AT_ONCE = 8
LIMIT_S = 20
"""How long a call may take: a recorded reply that never ends is read until then."""
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}

NEVER = threading.Event()
REPLIES: dict[str, Callable[[], Gives]] = {
    "good": chat,
    "stream": lambda: stream(piece("bl"), piece("ue"), piece(None, USAGE), DONE),
    "slow": lambda: stream(piece("bl"), 0.01, piece("ue"), 0.01, piece(None, USAGE), DONE),
    "hangs up": lambda: stream(piece("bl"), NEVER),
    "cut": lambda: Gives(b"{" * 50, 200, {"content-type": "application/json"}, cut=10),
    "no head": lambda: Gives(cut=-1),
    "error": lambda: as_json({"error": {"message": "no"}}, 500),
    "busy": lambda: as_json({"error": {"message": "wait"}}, 429),
    "no JSON": lambda: Gives(b"<html>", 200, {"content-type": "text/html"}),
}
"""What the endpoint replies, by the word that the request has."""

OUTCOMES = {
    **{"good": "ok", "stream": "ok", "slow": "ok", "no JSON": "ok"},
    "hangs up": "client_gone",
    **{"cut": "broken", "no head": "broken", "error": "http_error", "busy": "http_error"},
    **{"not JSON": "ok", "deep": "ok", "empty": "ok"},
    **{"too long": "refused", "stranger": None, "half": None, "not HTTP": None},
}
"""How each call is recorded; None: it was never a request that could be passed on."""


def respond(got: Got) -> Gives:
    """Reply, and close the connection.

    One that is left open may close just when the proxy sends the next request on it, which counts
    as broken, so that no exact number could be expected.
    """
    words = [word for word in REPLIES if f'"content": "{word}"'.encode() in got.body]
    given = REPLIES[words[0]]() if words else chat()
    return replace(given, headers={**given.headers, "connection": "close"})


def body_of(kind: str) -> bytes:
    if kind in REPLIES:
        body = {"model": "stub", "messages": [{"role": "user", "content": kind}]}
        body["stream"] = kind in ("stream", "slow", "hangs up")
        return json.dumps(body).encode()
    return {"deep": b"[" * 5000 + b"]" * 5000, "empty": b""}.get(kind, b"{'not': JSON")


async def ask(endpoint: Endpoint, kind: str) -> None:
    """Send one request, and read the reply or hang up."""
    url = urlsplit(endpoint.base_url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    with contextlib.suppress(ConnectionError):
        writer.write(request(url.path, endpoint.api_key, kind))
        await writer.drain()
        while kind != "half" and (data := await reader.read(1 << 16)):
            if kind == "hangs up" and b'"bl"' in data:
                break
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def request(path: str, key: str, kind: str) -> bytes:
    if kind == "not HTTP":
        return b"\0\1\2 not HTTP\r\n\r\n"
    body = body_of(kind)
    key = "sk-of-a-stranger" if kind == "stranger" else key
    length = 10**12 if kind == "too long" else len(body) + 500 * (kind == "half")
    head = f"POST {path}/chat/completions HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    head += f"Authorization: Bearer {key}\r\nContent-Length: {length}\r\n\r\n"
    return head.encode() + body


async def ask_all(proxy: MeteringProxy, kinds: Sequence[str]) -> None:
    """Send the requests, a few at a time; each fifty belong to another conversation."""
    numbered = iter(enumerate(kinds))

    async def worker() -> None:
        for number, kind in numbered:
            await ask(proxy.endpoint(f"conv-{number // 50}"), kind)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def open_things() -> tuple[int, int]:
    """Return the numbers of descriptors and threads of this process."""
    process = psutil.Process()
    return process.num_fds(), process.num_threads()


def settled(before: tuple[int, int]) -> tuple[int, int]:
    """Return the numbers once they are as before, or what they are after a while.

    Connections to the endpoint wait some seconds for the next request before they are closed, and
    those with a reply that is recorded wait for its end.
    """
    for _ in range(1200):
        now = open_things()
        if now[0] <= before[0] and now[1] <= before[1]:
            break
        time.sleep(0.1)
    return open_things()


@pytest.mark.parametrize("mode", ["off", "record"])
def test_nothing_is_left_open_and_every_call_is_counted(mode: str, tmp_path: Path) -> None:
    rng = rng_of("soak", mode)
    known = sorted(OUTCOMES)
    warm = known * (WARM_UP // len(known))
    kinds = [rng.choice(known) for _ in range(REQUESTS)]
    with (
        stub_upstream(respond) as stub,
        proxy_for(stub.url, tmp_path, mode=mode, timeout_s=LIMIT_S) as proxy,
    ):
        asyncio.run(ask_all(proxy, warm))
        before = open_things()
        resident = psutil.Process().memory_info().rss
        asyncio.run(ask_all(proxy, kinds))
        after = settled(before)
        grown = psutil.Process().memory_info().rss - resident
    assert after[0] <= before[0] + 2 * AT_ONCE  # Connections that still wait for a request.
    assert after[1] <= before[1] + 2
    assert grown < (16 << 20) + 4096 * REQUESTS
    counts = Counter(kind for kind in [*warm, *kinds] if OUTCOMES[kind] is not None)
    expected: Counter[str | None] = Counter()
    for kind, number in counts.items():
        expected[OUTCOMES[kind]] += number
    calls = list(read_calls(tmp_path / "calls.jsonl"))
    assert Counter(call.outcome for call in calls) == expected
    assert len(stub.got) == sum(counts.values()) - counts["too long"]
    counted = [call for call in calls if call.counted == "usage"]
    assert len(counted) == counts["good"] + counts["stream"] + counts["slow"]
    assert {(call.input_tokens, call.output_tokens) for call in counted} == {(7, 2)}

"""Replies of endpoints that are made to exhaust the process that asks."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from functools import cache

import pytest

from tests.core.memory import MOST_MB, peak_mb
from tests.core.models.stub_server import Answer, completion, stub_server
from tests.core.models.using import ask

BLOCK = b" " * (1 << 20)


@cache
def bomb(megabytes: int, window: int = 31) -> bytes:
    """Return blanks, compressed a thousandfold.

    The compressor forgets what it saw after each block, so a compressed block can be repeated. Only
    the checksum at the end is wrong then, and whoever gets there has read too much.
    """
    machine = zlib.compressobj(9, zlib.DEFLATED, window)
    first, next_ = (machine.compress(BLOCK) + machine.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + next_ * (megabytes - 1) + machine.flush()


BOMBS: dict[str, tuple[Callable[[], Answer], str]] = {
    "gzip": (lambda: Answer(bomb(2048), headers={"content-encoding": "gzip"}), "larger than 8 MiB"),
    "deflate": (
        lambda: Answer(bomb(2048, 15), headers={"content-encoding": "deflate"}),
        "larger than 8 MiB",
    ),
    "an error": (
        lambda: Answer(bomb(2048), status=500, headers={"content-encoding": "gzip"}),
        "larger than 8 MiB",
    ),
    "unknown": (lambda: Answer(b"x", headers={"content-encoding": "zstd"}), "compressed as 'zstd'"),
    "twice": (lambda: Answer(bomb(1), headers={"content-encoding": "gzip, gzip"}), "compressed as"),
    "broken": (
        lambda: Answer(b"{}", headers={"content-encoding": "gzip"}),
        "compression is broken",
    ),
    "deep": (lambda: Answer(b"[" * 100_000 + b"]" * 100_000), "nested more than 100 deep"),
    "deep event": (
        lambda: Answer(
            b"data: " + b"[" * 100_000 + b"\n\n", headers={"content-type": "text/event-stream"}
        ),
        "nested more than 100 deep",
    ),
    "an event that is a list": (lambda: Answer(b"data: [1]\n\n"), "the endpoint"),
    "not finite": (lambda: Answer(b'{"choices": NaN}'), "NaN is not finite"),
}

ASK = """
import asyncio, sys
from locomo_vqa.models.chat import ChatRequest, ModelFailed
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.system import Endpoint

async def ask():
    endpoint = Endpoint(base_url=sys.argv[1], model="m", api_key="k", timeout_s=200)
    model = OpenAIModel(endpoint, tries=1)
    await model.check()
    try:
        await model.ask(ChatRequest(text="?", max_tokens=9))
    except ModelFailed as error:
        print(error)

asyncio.run(ask())
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_no_reply_takes_half_a_gigabyte(name: str) -> None:
    make, reason = BOMBS[name]
    answer = make()
    with stub_server(lambda _: answer) as stub:
        peak, printed = peak_mb(ASK, f"{stub.url}/v1")
    assert reason in printed
    assert peak < MOST_MB


def test_a_reply_that_is_compressed_is_read() -> None:
    body = gzip.compress(json.dumps(completion("forty-two").body).encode())
    answer = Answer(body, headers={"content-encoding": "gzip"})
    with stub_server(lambda _: answer) as stub:
        assert ask(stub.spec()).text == "forty-two"


def test_absurd_counts_are_not_counts() -> None:
    for number in (-500, 1 << 60, True, "7", 1.5):
        body = {**completion("x").body, "usage": {"prompt_tokens": number}}
        with stub_server(lambda _, body=body: Answer(body)) as stub:  # type: ignore[misc]
            assert ask(stub.spec()).usage.input_tokens is None

"""The backend openai: what it sends, and what each fault of a server becomes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    ModelError,
    ModelFailed,
    ModelTimeout,
    ModelUnreachable,
)
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.models.probes import known_images
from tests.core.models.stub_server import Answer, completion, stub_server
from tests.core.models.using import REQUEST, ask, using
from tests.serving import serve_connections


def test_images_come_first_and_earlier_rounds_follow() -> None:
    schema = {"type": "object"}
    request = ChatRequest(
        text="Which?",
        images=known_images(),
        replies=(("red", "One word of JSON."), ("{red", "It does not parse.")),
        schema=schema,
        max_tokens=9,
        temperature=0.5,
        seed=3,
    )
    with stub_server(lambda _: completion("blue")) as stub:
        reply = ask(stub.spec(), request)
    assert (reply.text, reply.finish) == ("blue", "stop")
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.calls) == (7, 2, 1)
    (sent,) = stub.requests
    first, *rounds = sent["messages"]
    *shown, text = first["content"]
    assert [part["type"] for part in shown] == ["image_url"] * len(known_images())
    for part, image in zip(shown, known_images(), strict=True):
        head, _, data = part["image_url"]["url"].partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(data) == image.data
    assert text == {"type": "text", "text": "Which?"}
    assert [(m["role"], m["content"]) for m in rounds] == [
        ("assistant", "red"),
        ("user", "One word of JSON."),
        ("assistant", "{red"),
        ("user", "It does not parse."),
    ]
    assert sent["response_format"]["json_schema"]["schema"] == schema
    assert (sent["max_tokens"], sent["temperature"], sent["seed"]) == (9, 0.5, 3)
    assert "seed" not in json.dumps(sent["messages"])


REPLIES: dict[str, tuple[Answer, str, str]] = {
    "null": (completion(None), "", "stop"),
    "a refusal": (completion(None, refusal="I can't."), "I can't.", "refused"),
    "a filter": (completion("", finish="content_filter"), "", "refused"),
    "cut off": (completion("a long", finish="length"), "a long", "length"),
    "no reason": (completion("blue", finish=None), "blue", "stop"),
    "half a surrogate": (completion("a\ud83d"), "a\ufffd", "stop"),
}


@pytest.mark.parametrize("name", REPLIES)
def test_an_odd_reply_is_a_reply(name: str) -> None:
    answer, text, finish = REPLIES[name]
    with stub_server(lambda _: answer) as stub:
        reply = ask(stub.spec())
    assert (reply.text, reply.finish) == (text, finish)


FAULTS: dict[str, tuple[Answer, type[ModelError], int]] = {
    "bad request": (Answer({"error": {"message": "too long"}}, 400), ModelFailed, 1),
    "no such model": (Answer({"error": {"message": "no"}}, 404), ModelFailed, 1),
    "wrong key": (Answer({"error": {"message": "no"}}, 401), ModelFailed, 1),
    "always 500": (Answer({"error": {"message": "oh"}}, 500), ModelFailed, 3),
    "always 429": (Answer({}, 429), ModelFailed, 3),
    "HTML": (Answer(b"<html>busy</html>", headers={"content-type": "text/html"}), ModelFailed, 1),
    "HTML as JSON": (Answer(b"<html>busy</html>"), ModelFailed, 1),
    "half JSON": (Answer(b'{"choices": ['), ModelFailed, 1),
    "no JSON object": (Answer([1, 2]), ModelFailed, 1),
    "nothing": (Answer(b""), ModelFailed, 1),
    "no choices": (Answer({"choices": []}), ModelFailed, 1),
    "null choices": (Answer({"choices": None}), ModelFailed, 1),
    "wrong choices": (Answer({"choices": [{"message": "x"}]}), ModelFailed, 1),
    "wrong content": (completion({"a": 1}), ModelFailed, 1),
    "no header": (Answer({}, cut=-1), ModelUnreachable, 3),
    "half a reply": (Answer(completion("blue").body, cut=20), ModelUnreachable, 3),
    "silence": (Answer({}, wait_s=30), ModelTimeout, 3),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_an_error_and_never_a_reply(name: str) -> None:
    answer, error, calls = FAULTS[name]
    with stub_server(lambda _: answer) as stub, pytest.raises(error):
        ask(stub.spec(), timeout_s=1 if error is ModelTimeout else 100)
    assert len(stub.requests) == calls


@contextlib.contextmanager
def dripping(begin: bytes, drop: bytes) -> Iterator[str]:
    """Serve one reply that never ends, and yield a model's name there."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(begin)
            while True:
                await writer.drain()
                await asyncio.sleep(0.05)
                writer.write(drop)
        finally:
            writer.close()

    with serve_connections(drip) as port:
        yield f"openai:http://127.0.0.1:{port}/v1?model=x"


@pytest.mark.slow
def test_a_drip_of_bytes_does_not_outlast_the_timeout() -> None:
    async def once(model: ChatModel) -> ChatReply:
        return await model.ask(REQUEST)

    with dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n", b" ") as spec:
        begun = time.monotonic()
        with pytest.raises(ModelTimeout):
            using(spec, once, timeout_s=0.5, tries=1)
        assert time.monotonic() - begun < 100  # The reply takes 250 s.


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b""),
    ],
    ids=["body", "headers", "continue", "silence"],
)
def test_the_check_of_an_endpoint_ends_with_the_timeout(begin: bytes, drop: bytes) -> None:
    async def check(model: OpenAIModel) -> None:
        await model.check()

    with dripping(begin, drop) as spec:
        begun = time.monotonic()
        with pytest.raises(MissingResource, match=r"no complete answer within 0\.3 s") as error:
            using(spec, check, timeout_s=0.3)
        assert time.monotonic() - begun < 9  # Without the time limit of a call, it takes 10 s.
        assert "raise `timeout`" in str(error.value)


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # It does not listen, and no other process can.
        port = taken.getsockname()[1]
        with pytest.raises(ModelUnreachable, match="no connection"):
            ask(f"openai:http://127.0.0.1:{port}/v1?model=x")


def test_the_identity_has_no_password() -> None:
    spec = "openai:http://me:secret@127.0.0.1:9/v1?model=x&revision=r1"

    async def identity(model: ChatModel) -> dict[str, Any]:
        return dict(model.identity())

    assert using(spec, identity) == {
        "backend": "openai",
        "address": "http://127.0.0.1:9/v1",
        "model": "x",
        "revision": "r1",
    }

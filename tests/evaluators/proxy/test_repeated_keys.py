"""A system learns the endpoint's key in no form, however the endpoint repeats it."""

from __future__ import annotations

import gzip
import http.client
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa import keys

from .split_replies import SPLIT
from .stub_upstream import DONE, Gives, as_json, chat, piece, stream
from .stub_upstream import stub_upstream as serve
from .using import KEY, proxy_for, rows, send

REQUEST = json.dumps({"model": "stub", "messages": []}).encode()


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_secrets", {})


def everything(folder: Path) -> bytes:
    """Return all that the proxy wrote."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_compressed_reply_is_read_and_masked(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    kind = "gzip" if pack is gzip.compress else "deflate"
    headers = {"content-type": "application/json", "content-encoding": kind}
    plain = chat(f"it is {KEY}").body
    assert isinstance(plain, bytes)
    with (
        serve(lambda got: Gives(pack(plain), headers=headers)) as stub,
        proxy_for(stub.url, tmp_path, mode="record") as proxy,
    ):
        status, sent, body = send(proxy.endpoint("conv-26"), REQUEST)
        assert (status, sent.get("content-encoding")) == (200, None)
        assert body == plain.replace(KEY.encode(), b"*" * len(KEY))
        stored = everything(tmp_path)
    assert KEY.encode() not in stored
    assert body in stored
    assert rows(tmp_path)[0]["input_tokens"] == 7


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_a_reply_that_can_not_be_read_is_not_passed_on(coding: str, tmp_path: Path) -> None:
    headers = {"content-type": "application/json", "content-encoding": coding}
    with (
        serve(lambda got: Gives(b"\x1b\x00\x01", headers=headers)) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
    ):
        status, _, body = send(proxy.endpoint("conv-26"), REQUEST)
    assert status == 502
    assert json.loads(body)["error"]["code"] == "upstream_broken"
    assert b"compress" in body


def parts(*texts: str) -> Gives:
    """Return a completion whose content is a list of parts."""
    content = [{"type": "text", "text": text} for text in texts]
    message = {"role": "assistant", "content": content}
    return as_json({"choices": [{"index": 0, "finish_reason": "stop", "message": message}]})


def choices(*texts: str) -> bytes:
    """Return an event with a piece of several choices."""
    found = [{"index": n, "delta": {"content": text}} for n, text in enumerate(texts)]
    return b"data: %s\n\n" % json.dumps({"choices": found}).encode()


@pytest.mark.parametrize(
    "gives",
    [
        stream(piece("it is "), *(piece(letter) for letter in KEY), DONE),
        stream(b"".join((piece(KEY[:9]), piece(KEY[9:]), DONE))),
        stream(piece(KEY[:9]), piece(KEY[9:])[:-1], 0.1, b"\n", DONE),
        stream(*(choices(letter, "x") for letter in KEY), DONE),
        parts("it is ", KEY[:5], KEY[5:]),
    ],
)
def test_a_key_in_parts_is_never_complete(gives: Gives, tmp_path: Path) -> None:
    with (
        serve(lambda got: gives) as stub,
        proxy_for(stub.url, tmp_path, mode="record") as proxy,
    ):
        try:
            _, _, body = send(proxy.endpoint("conv-26"), REQUEST)
        except http.client.IncompleteRead as broken:
            body = broken.partial
    said = "".join(texts_in(body))
    assert KEY not in said.replace("x", "")
    assert KEY[-3:] not in said.replace("x", "")
    assert rows(tmp_path)[0]["outcome"] == "broken"
    assert KEY[:5].encode() not in everything(tmp_path)


@pytest.mark.parametrize("form", SPLIT)
def test_a_split_key_is_refused_whatever_splits_it(form: str, tmp_path: Path) -> None:
    with (
        serve(lambda got: SPLIT[form](KEY)) as stub,
        proxy_for(stub.url, tmp_path, mode="record") as proxy,
    ):
        try:
            _, _, body = send(proxy.endpoint("conv-26"), REQUEST)
            assert b"it repeats the key" in body
        except http.client.IncompleteRead as broken:
            body = broken.partial
    end = KEY[len(KEY) // 2 :].encode()
    assert end not in body.replace(b"\0", b"")
    assert end not in everything(tmp_path).replace(b"\0", b"")
    assert rows(tmp_path)[0]["outcome"] == "broken"


def test_a_header_that_is_named_like_the_key_is_dropped(tmp_path: Path) -> None:
    named = as_json({"error": "no"}, 400, **{KEY.upper(): "1", "x-other": "2"})
    with (
        serve(lambda got: named) as stub,
        proxy_for(stub.url, tmp_path, mode="record") as proxy,
    ):
        status, headers, _ = send(proxy.endpoint("conv-26"), REQUEST)
    assert (status, headers["x-other"]) == (400, "2")
    assert KEY not in headers
    assert KEY.encode() not in everything(tmp_path).lower()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["text/plain", "audio/mpeg", "application/json"])
def test_other_replies_are_passed_on_unchanged(kind: str, tmp_path: Path) -> None:
    """Among them one with only a part of the key, and one that is not JSON."""
    for text in (f'["{KEY[:9]}", "x", "{KEY[:9]}"]', "\n words\n", "", '{"a": [1', "\u00e9"):
        body = text.encode()
        gives = Gives(body, headers={"content-type": kind})
        with serve(lambda got, g=gives: g) as stub, proxy_for(stub.url, tmp_path) as proxy:
            assert send(proxy.endpoint("conv-26"), REQUEST)[::2] == (200, body)


def texts_in(body: bytes) -> list[str]:
    """Return the texts that a client would join."""
    found: list[str] = []

    def visit(value: Any) -> None:
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, dict | list):
                visit(item)
            elif isinstance(item, str):
                found.append(item)

    for line in body.splitlines():
        try:
            visit(json.loads(line.removeprefix(b"data: ")))
        except ValueError:
            continue
    return found


def test_other_parts_are_passed_on(tmp_path: Path) -> None:
    with serve(lambda got: parts("it is ", "blue")) as stub, proxy_for(stub.url, tmp_path) as proxy:
        status, _, body = send(proxy.endpoint("conv-26"), REQUEST)
    assert status == 200
    assert texts_in(body)[-4:] == ["text", "it is ", "text", "blue"]


@pytest.mark.parametrize("key", ["none", "sk-another-0123"])
def test_an_endpoint_that_wants_a_key_says_how_to_send_one(key: str, tmp_path: Path) -> None:
    denied = as_json({"error": {"message": "who are you?"}}, 401)
    with (
        serve(lambda got: denied) as stub,
        proxy_for(stub.url, tmp_path, api_key=key) as proxy,
    ):
        status, headers, _ = send(proxy.endpoint("conv-26"), REQUEST)
    hint = headers.get("x-locomo-vqa-no-key", "")
    assert status == 401
    assert ("No key was sent: set OPENAI_API_KEY" in hint) == (key == "none")


def test_a_reply_in_utf_16_is_not_passed_on(tmp_path: Path) -> None:
    """Clients would read it; a key in it is not seen."""
    body = json.dumps({"choices": [{"message": {"content": KEY}}]}).encode("utf-16-le")
    gives = Gives(body, headers={"content-type": "application/json"})
    with serve(lambda got: gives) as stub, proxy_for(stub.url, tmp_path) as proxy:
        status, _, said = send(proxy.endpoint("conv-26"), REQUEST)
    assert status == 502
    assert KEY.encode("utf-16-le") not in said


@pytest.mark.slow
def test_a_bomb_is_broken_off(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(140)) + packer.flush()
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with (
        serve(lambda got: Gives(bomb, headers=headers)) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        pytest.raises(http.client.IncompleteRead),
    ):
        send(proxy.endpoint("conv-26"), REQUEST)
    assert rows(tmp_path)[0]["outcome"] == "broken"

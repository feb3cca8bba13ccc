"""Tokens: the endpoint's own count where there is one, else a marked estimate; by hand."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from locomo_vqa.evaluators.proxy.counting import UNCOUNTED, TokenCounts, count_tokens
from locomo_vqa.evaluators.proxy.events import ends_stream, events

CHAT = "/chat/completions"


def count(path: str, request: Any, reply: Any, *, stream: bool = False) -> TokenCounts:
    body = reply if isinstance(reply, bytes) or reply is None else json.dumps(reply).encode()
    return count_tokens(path, request, body, stream=stream)


def tokens(
    counted: Any, sent: int | None, came: int | None, cached: int | None = None
) -> TokenCounts:
    return TokenCounts(counted=counted, input=sent, cached=cached, output=came)


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", "content": text}}], **more}


def asked(content: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def test_the_endpoints_count_is_taken_as_it_is() -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 0, "total_tokens": 100}
    assert count(CHAT, asked("hi"), said("", usage=usage)) == tokens("usage", 100, 0)
    details = {"prompt_tokens_details": {"cached_tokens": 64}}
    found = count(CHAT, asked("hi"), said("", usage={**usage, **details}))
    assert found == tokens("usage", 100, 0, cached=64)


def test_what_the_endpoint_leaves_out_is_estimated() -> None:
    # 9 bytes sent are 3 tokens, 4 bytes received are 1.
    assert count(CHAT, asked("1234567é"), said("blue")) == tokens("approximated", 3, 1)
    half = said("blue", usage={"prompt_tokens": 50})
    assert count(CHAT, asked("hi"), half) == tokens("approximated", 50, 1)


@pytest.mark.parametrize("wrong", [-1, 1.5, "7", None, True, [], {}])
def test_a_count_that_is_none_is_not_taken(wrong: Any) -> None:
    usage = {"prompt_tokens": wrong, "completion_tokens": 2}
    assert count(CHAT, asked("1234"), said("x", usage=usage)) == tokens("approximated", 1, 2)
    assert count(CHAT, asked("1234"), said("x", usage=wrong)) == tokens("approximated", 1, 1)


def test_bytes_of_text_are_estimated_and_not_images() -> None:
    image = "data:image/png;base64," + base64.b64encode(bytes(3000)).decode()
    parts = [
        {"type": "text", "text": "é" * 6},  # 12 bytes in UTF-8.
        {"type": "image_url", "image_url": {"url": image}},
        {"type": "input_audio", "input_audio": {"data": "A" * 4000, "format": "wav"}},
    ]
    assert count(CHAT, asked(parts), said("")) == tokens("approximated", 3, 0)


def test_tools_are_sent_too_and_calls_of_them_come_back() -> None:
    tools = [{"type": "function", "function": {"name": "look", "description": "abcdefgh"}}]
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    reply = {"choices": [{"message": {"role": "assistant", "tool_calls": [call]}}]}
    # 2 + 4 + 8 bytes sent, 4 + 2 received.
    assert count(CHAT, asked("hi", tools=tools), reply) == tokens("approximated", 4, 2)


@pytest.mark.parametrize(
    ("text", "sent"), [("12345", 2), (["1234", "5678"], 2), ([11, 12, 13], 3), ([[1, 2], [3]], 3)]
)
def test_an_embedding_has_no_output_and_may_be_asked_in_tokens(text: Any, sent: int) -> None:
    reply = {"data": [{"embedding": [0.1, 0.2]}]}
    request = {"model": "e", "input": text}
    assert count("/embeddings", request, reply) == tokens("approximated", sent, 0)


def test_the_usage_behind_long_vectors_is_found() -> None:
    usage = {"prompt_tokens": 8, "total_tokens": 8}
    data = [{"embedding": [0.123456789] * 20_000}]
    request = {"model": "e", "input": "sea"}
    for reply in ({"data": data, "usage": usage}, {"usage": usage, "data": data}):
        assert count("/embeddings", request, reply) == tokens("usage", 8, 0)


def test_a_stream_of_responses_is_counted() -> None:
    def event(**fields: Any) -> bytes:
        return b"event: %s\ndata: %s\n\n" % (fields["type"].encode(), json.dumps(fields).encode())

    words = [
        event(type="response.output_text.delta", delta="blu"),
        event(type="response.output_text.delta", delta="e"),
    ]
    usage = {"input_tokens": 9, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 0}}
    last = event(type="response.completed", response={"usage": usage, "output": [{"text": "blue"}]})
    request = {"model": "m", "input": "hi"}
    whole, half = b"".join([*words, last]), b"".join(words)
    assert count("/responses", request, whole, stream=True) == tokens("usage", 9, 4, cached=0)
    assert count("/responses", request, half, stream=True) == tokens("approximated", 1, 1)
    assert ends_stream(whole) and not ends_stream(half)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_read_with_any_end_of_line(end: str) -> None:
    lines = ['data: {"n": 1}', "", ": a comment", "", "data: [1,", "data: 2]", ""]
    lines += ["data: no JSON", "", "data: [DONE]", ""]
    body = "".join(line + end for line in lines).encode()
    assert list(events(body)) == [[1, 2], {"n": 1}]
    assert ends_stream(body)


@pytest.mark.parametrize("reply", [b"<html>", b"[]", b"", None, b"[" * 100_000])
def test_a_reply_that_can_not_be_read_has_unknown_tokens(reply: bytes | None) -> None:
    assert count(CHAT, asked("1234"), reply) == tokens("approximated", 1, None)


def test_other_calls_are_not_counted() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    assert count("/audio/speech", asked("hi"), said("x", usage=usage)) == UNCOUNTED
    assert count(CHAT, None, said("x", usage=usage)) == UNCOUNTED


def test_the_usage_of_a_reply_whose_beginning_was_not_kept_is_found() -> None:
    end = b'.5, 0.25]}],"usage":{"prompt_tokens":7,"completion_tokens":3}}'
    assert count(CHAT, asked("hi"), end) == tokens("usage", 7, 3)
    assert count("/embeddings", {"input": "hi"}, end) == tokens("usage", 7, 0)
    said_only = json.dumps(said('"usage": {"prompt_tokens": 9}'))[:-1].encode()
    assert count(CHAT, asked("hi"), said_only).counted == "approximated"


def test_absurd_counts_are_not_counts() -> None:
    for number in (-1, 1 << 60, 10**30, True, 1.5):
        usage = {"prompt_tokens": number, "completion_tokens": 2}
        assert count(CHAT, asked("1234"), said("", usage=usage)) == tokens("approximated", 1, 2)


def test_the_last_of_many_events_are_read() -> None:
    block = b"data: {}\r\n\r\n" + b"data:\n\n" * 10 + b"\r\rdata: 3\n\n\n\n"
    assert list(events(bytearray(block * 2))) == [3, {}, 3, {}]

"""Errors that lmdeploy's proxy forwards with status 200: what a system's client sees of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from .stub_upstream import Gives, as_json, chat, stub_upstream
from .using import MESSAGES, client_of, proxy_for, rows, send

BODY = json.dumps({"model": "stub", "messages": MESSAGES}).encode()
GONE = as_json({"error_code": 10402, "text": "Failed to get response after a period of time"})


def forwarded(code: int, message: str = "no") -> Gives:
    body = {"message": message, "type": "x", "code": code, "param": None, "object": "error"}
    return as_json(body)


REPLIES: dict[str, tuple[Gives, int, str]] = {
    "server gone": (GONE, 502, "http_error"),
    "too long": (forwarded(400), 400, "http_error"),
    "no such model": (forwarded(404), 404, "http_error"),
    "asleep": (forwarded(503), 503, "http_error"),
    "no status": (forwarded(99), 200, "ok"),
    "a reply": (chat(object="error", code=400, error_code=10402), 200, "ok"),
    "other JSON": (as_json([1]), 200, "ok"),
    "half JSON": (Gives(b"{", 200, {"content-type": "application/json"}), 200, "ok"),
}


@pytest.mark.parametrize("name", REPLIES)
def test_an_error_has_its_status_again(name: str, tmp_path: Path) -> None:
    gives, expected, outcome = REPLIES[name]
    with stub_upstream(lambda _: gives) as stub, proxy_for(stub.url, tmp_path) as proxy:
        status, headers, body = send(proxy.endpoint("c"), BODY)
    assert (status, body) == (expected, gives.body)
    assert headers.get("retry-after") == ("25" if name == "server gone" else None)
    assert rows(tmp_path)[0]["outcome"] == outcome


def test_a_client_of_a_system_tries_again(tmp_path: Path) -> None:
    answers: Iterator[Gives] = iter([forwarded(503), chat()])
    with (
        stub_upstream(lambda _: next(answers)) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("c"), max_retries=1) as client,
    ):
        made = client.chat.completions.create(model="stub", messages=MESSAGES)
    assert made.choices[0].message.content == "blue"
    assert [row["outcome"] for row in rows(tmp_path)] == ["http_error", "ok"]


def test_a_forwarded_refusal_is_learned_from(tmp_path: Path) -> None:
    words = "Unsupported response format: json_schema_converter.cc:5082"

    def respond(got: object) -> Gives:
        return forwarded(400, words) if b"response_format" in got.body else chat()  # type: ignore[attr-defined]

    with (
        stub_upstream(respond) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("c")) as client,
    ):
        made = client.chat.completions.create(
            model="stub", messages=MESSAGES, response_format={"type": "json_object"}
        )
        assert made.choices[0].message.content == "blue"
        with pytest.raises(openai.BadRequestError):
            stub.respond = lambda _: forwarded(400)
            client.chat.completions.create(model="stub", messages=MESSAGES)

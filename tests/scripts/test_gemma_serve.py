"""The server of the recorded run, with a stub in place of llama.cpp."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from scripts.gemma.serve import _Handler, goes_in_circles
from tests.serving import serve_handler


class Stub:
    names = ("base", "generation")

    def reply(self, request: Mapping[str, Any]) -> Any:
        return {"said": request["messages"][0]["content"]}


@pytest.fixture
def address() -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"served": Stub()})
    with serve_handler(handler) as found:
        yield found


def post(address: str, body: bytes) -> tuple[int, Any]:
    request = urllib.request.Request(f"{address}/v1/chat/completions", body)
    try:
        with urllib.request.urlopen(request, timeout=100) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_served_model_replies_and_is_listed(address: str) -> None:
    request = {"model": "generation", "messages": [{"role": "user", "content": "hi"}]}
    assert post(address, json.dumps(request).encode()) == (200, {"said": "hi"})
    with urllib.request.urlopen(f"{address}/v1/models", timeout=100) as answer:
        assert [each["id"] for each in json.load(answer)["data"]] == ["base", "generation"]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"model": "update"}', 404), (b'{"model": "base"}', 400), (b"{", 400), (b"[]", 400)],
)
def test_a_bad_request_gets_an_error(body: bytes, status: int, address: str) -> None:
    found, content = post(address, body)
    assert found == status
    assert content["error"]["message"]


def test_a_reply_goes_in_circles_when_its_end_has_occurred_three_times() -> None:
    """A period of 15 tokens is complete three times, with 32 tokens at the end, after 62."""
    loop = [token % 15 for token in range(62)]
    assert goes_in_circles(loop)
    assert not goes_in_circles(loop[:-1])
    assert not goes_in_circles(list(range(200)))
    # Facts that begin with the same day and name are not a circle.
    day = list(range(20))
    facts = [
        token for number in range(6) for token in (*day, *range(100 * number, 100 * number + 15))
    ]
    assert not goes_in_circles(facts[:170])

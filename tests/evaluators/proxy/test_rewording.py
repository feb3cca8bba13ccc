"""Endpoints that differ, behind the proxy: any client can ask them, and is refused by none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.evaluators.proxy import MeteringProxy
from locomo_vqa.models.dialects import forget_dialects
from locomo_vqa.notes import listening_to_notes
from locomo_vqa.system import Endpoint

from .stub_upstream import DONE, Gives, Got, as_json, chat, piece, stream, stub_upstream
from .using import KEY, MESSAGES, client_of, proxy_for, rows, send

BODY = {"model": "stub", "messages": MESSAGES, "max_tokens": 9, "temperature": 0}


def refusal(message: str) -> Gives:
    return as_json({"error": {"message": message}}, 400)


def new_parameters(got: Got) -> Gives:
    body = json.loads(got.body)
    if "max_tokens" in body:
        return refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    return refusal("Only the default temperature is supported") if "temperature" in body else chat()


def stream_only(got: Got) -> Gives:
    if not json.loads(got.body).get("stream"):
        return refusal("This model only supports stream mode.")
    return stream(piece("bl"), piece("ue"), piece(None, {"prompt_tokens": 7}), DONE)


def test_a_third_party_client_asks_in_its_own_words(tmp_path: Path) -> None:
    with stub_upstream(new_parameters) as stub, proxy_for(stub.url, tmp_path) as proxy:
        for conversation in ("c1", "c2"):
            with client_of(proxy.endpoint(conversation)) as client:
                made = client.chat.completions.create(**BODY)  # type: ignore[call-overload]
                assert made.choices[0].message.content == "blue"
        assert len(stub.got) == 4
        assert json.loads(stub.got[-1].body)["max_completion_tokens"] == 9
        assert [(row["outcome"], row["input_tokens"]) for row in rows(tmp_path)] == [("ok", 7)] * 2


def test_the_next_run_is_not_refused(tmp_path: Path) -> None:
    with stub_upstream(new_parameters) as stub:
        for run in ("one", "two"):
            (tmp_path / run).mkdir()
            forget_dialects()
            with proxy_for(stub.url, tmp_path / run) as proxy, client_of(proxy.endpoint("c")) as it:
                it.chat.completions.create(**BODY)  # type: ignore[call-overload]
        assert len(stub.got) == 4


def test_what_is_taken_is_passed_on_byte_for_byte(tmp_path: Path) -> None:
    body = b'{"messages": [],  "model": "stub", "max_tokens":9}'
    with stub_upstream(lambda _: chat()) as stub, proxy_for(stub.url, tmp_path) as proxy:
        send(proxy.endpoint("c"), body, headers={"content-type": "application/json"})
        assert stub.got[0].body == body


def test_a_refusal_that_says_nothing_is_passed_on_byte_for_byte(tmp_path: Path) -> None:
    whole = b'{"error": {"message": "At most 1 image(s)"}, "pad": "' + b"x" * 100_000 + b'"}'
    gives = Gives(whole, 400, {"content-type": "application/json"})
    with stub_upstream(lambda _: gives) as stub, proxy_for(stub.url, tmp_path) as proxy:
        status, _, body = send(proxy.endpoint("c"), json.dumps(BODY).encode())
        assert (status, body, len(stub.got)) == (400, whole, 1)
        assert rows(tmp_path)[0]["outcome"] == "http_error"


def test_a_stream_becomes_the_reply_that_was_asked_for(tmp_path: Path) -> None:
    with stub_upstream(stream_only) as stub, proxy_for(stub.url, tmp_path) as proxy:
        for _ in range(2):
            with client_of(proxy.endpoint("c")) as client:
                made = client.chat.completions.create(**BODY)  # type: ignore[call-overload]
            assert made.choices[0].message.content == "blue"
            assert made.usage.prompt_tokens == 7
        assert len(stub.got) == 3
        with client_of(proxy.endpoint("c")) as client:
            parts = list(client.chat.completions.create(**BODY, stream=True))  # type: ignore[call-overload]
        assert "".join(p.choices[0].delta.content for p in parts if p.choices) == "blue"


def test_calls_of_tools_come_out_of_a_stream(tmp_path: Path) -> None:
    def event(**delta: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        return b"data: %s\n\n" % json.dumps({"choices": [choice]}).encode()

    def call(**function: str) -> dict[str, Any]:
        return {"index": 0, "id": "call-1", "type": "function", "function": function}

    def respond(got: Got) -> Gives:
        if not json.loads(got.body).get("stream"):
            return refusal("stream must be true")
        first = event(tool_calls=[call(name="look", arguments='{"a"')])
        return stream(first, event(tool_calls=[call(arguments=": 1}")]), DONE)

    with stub_upstream(respond) as stub, proxy_for(stub.url, tmp_path) as proxy:
        with client_of(proxy.endpoint("c")) as client:
            made = client.chat.completions.create(**BODY)  # type: ignore[call-overload]
        (tool,) = made.choices[0].message.tool_calls
        assert (tool.id, tool.function.name) == ("call-1", "look")
        assert tool.function.arguments == '{"a": 1}'


@pytest.fixture
def fields(tmp_path: Path) -> Iterator[tuple[Any, Endpoint]]:
    with stub_upstream(lambda _: chat()) as stub:
        given = {"enable_thinking": False, "max_tokens": 900}
        upstream = Endpoint(base_url=stub.url, model="stub", api_key=KEY, body=given)
        with MeteringProxy(upstream, tmp_path / "calls.jsonl") as proxy:
            yield stub, proxy.endpoint("c")


def test_the_fields_of_a_name_are_in_every_request(fields: tuple[Any, Endpoint]) -> None:
    stub, endpoint = fields
    with client_of(endpoint) as client:
        client.chat.completions.create(**BODY)  # type: ignore[call-overload]
        client.chat.completions.create(
            model="stub", messages=MESSAGES, max_completion_tokens=5, temperature=0
        )
    first, second = (json.loads(got.body) for got in stub.got)
    assert (first["enable_thinking"], first["max_tokens"]) == (False, 900)
    assert (second["enable_thinking"], second["max_completion_tokens"]) == (False, 900)
    assert "max_tokens" not in second


def test_the_fields_of_a_name_are_not_in_requests_for_vectors(
    fields: tuple[Any, Endpoint],
) -> None:
    stub, endpoint = fields
    body = b'{"model": "e", "input": ["a"]}'
    send(endpoint, body, path="/c/c/llm/v1/embeddings")
    assert stub.got[0].body == body


def test_a_limit_is_noted_for_systems_that_wait_in_their_own_process(tmp_path: Path) -> None:
    shown: list[str] = []
    limited = as_json({"error": {"message": "Slow down"}}, 429, **{"retry-after": "20"})
    with (
        stub_upstream(lambda _: limited) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        listening_to_notes(shown.append),
    ):
        for _ in range(3):
            status, _, _ = send(proxy.endpoint("c"), json.dumps(BODY).encode())
            assert status == 429
    assert shown == ["Waiting 20 s: the endpoint limits the requests (429): Slow down"]


def test_a_spent_quota_is_no_wait(tmp_path: Path) -> None:
    shown: list[str] = []
    spent = {"error": {"message": "Check your plan", "code": "insufficient_quota"}}
    with (
        stub_upstream(lambda _: as_json(spent, 429)) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        listening_to_notes(shown.append),
    ):
        send(proxy.endpoint("c"), json.dumps(BODY).encode())
    assert shown == []


@pytest.mark.parametrize("said", [b"", b"\xff\xfe", b"[" * 9000, b'{"error": [1]}', b"null"])
def test_strange_refusals_and_limits_are_passed_on(said: bytes, tmp_path: Path) -> None:
    for status in (400, 429):
        with (
            stub_upstream(lambda _, status=status: Gives(said, status)) as stub,  # type: ignore[misc]
            proxy_for(stub.url, tmp_path) as proxy,
            listening_to_notes(lambda text: None),
        ):
            assert send(proxy.endpoint("c"), json.dumps(BODY).encode())[::2] == (status, said)

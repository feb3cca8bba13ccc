"""The real `openai` client through the proxy to a stub: the proxy changes nothing but the key."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import openai
import pytest

from locomo_vqa.system import Endpoint

from .stub_upstream import DONE, Gives, Got, StubUpstream, as_json, chat, piece, stream
from .stub_upstream import stub_upstream as serve
from .using import KEY, MESSAGES, client_of, proxy_for, rows, send


@pytest.fixture
def stub() -> Iterator[StubUpstream]:
    with serve(lambda got: chat()) as stub:
        yield stub


def direct(stub: StubUpstream) -> Endpoint:
    return Endpoint(base_url=stub.url, model="stub", api_key=KEY)


def test_a_reply_is_that_of_the_endpoint(stub: StubUpstream, tmp_path: Path) -> None:
    with proxy_for(stub.url, tmp_path) as proxy:
        replies = []
        for endpoint in (direct(stub), proxy.endpoint("conv-26", "generation")):
            with client_of(endpoint) as client:
                replies.append(
                    client.chat.completions.create(model="stub", messages=MESSAGES, seed=3)
                )
    assert replies[0] == replies[1]
    plain, metered = stub.got
    assert metered.body == plain.body
    assert metered.target == plain.target == "/v1/chat/completions"
    assert metered.headers["authorization"] == f"Bearer {KEY}"
    assert metered.headers["host"] == urlsplit(stub.url).netloc
    (row,) = rows(tmp_path)
    assert row["latency_ms"] > 0
    assert row["time"].endswith("+00:00")
    del row["latency_ms"], row["time"]
    canonical = json.dumps(json.loads(plain.body), sort_keys=True, separators=(",", ":"))
    digits = hashlib.sha256(b"json\n" + canonical.encode()).hexdigest()
    assert row.pop("request_sha256") == digits
    assert row == {
        "conversation": "conv-26",
        "stage": "generation",
        "method": "POST",
        "path": "/v1/chat/completions",
        "provider": urlsplit(stub.url).netloc,
        "model": "stub",
        "status": 200,
        "outcome": "ok",
        "stream": False,
        "replayed": False,
        "counted": "usage",
        "input_tokens": 7,
        "cached_tokens": None,
        "output_tokens": 2,
        "first_byte_ms": None,
        "request_bytes": len(plain.body),
        "reply_bytes": len(chat().body),
        "temperature": None,
        "seed": 3,
        "instructions_sha256": None,
        "text_bytes": len("Which colour?"),
        "images": 0,
        "answered": "stub",
    }


def test_a_body_goes_through_byte_for_byte(stub: StubUpstream, tmp_path: Path) -> None:
    body = '{ "model" : "stub",\n "messages":[],"x": 1.50, "y":"\\u00e9é" , "x": 2 }'.encode()
    with proxy_for(stub.url, tmp_path) as proxy:
        endpoint = proxy.endpoint("conv-26")
        path = f"{urlsplit(endpoint.base_url).path}/chat/completions?a=%2F&b"
        status, _, reply = send(endpoint, body, path=path, headers={"X-Own": "7"})
    (got,) = stub.got
    assert (status, reply) == (200, chat().body)
    assert got.body == body
    assert got.target == "/v1/chat/completions?a=%2F&b"
    assert got.headers["x-own"] == "7"


def test_a_stream_is_passed_on_as_it_comes(tmp_path: Path) -> None:
    go_on = threading.Event()
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    usage["prompt_tokens_details"] = {"cached_tokens": 4}  # type: ignore[assignment]

    def respond(got: Got) -> Gives:
        return stream(piece("bl"), go_on, piece("ue"), piece(None, usage), DONE)

    with (
        serve(respond) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("conv-26")) as client,
    ):
        events = client.chat.completions.create(
            model="stub", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
        assert next(events).choices[0].delta.content == "bl"
        go_on.set()  # Only now does the stub go on: the first event was not held back.
        rest = list(events)
    assert [event.choices[0].delta.content for event in rest if event.choices] == ["ue"]
    (row,) = rows(tmp_path)
    assert (row["stream"], row["outcome"], row["counted"]) == (True, "ok", "usage")
    assert (row["input_tokens"], row["cached_tokens"], row["output_tokens"]) == (5, 4, 3)
    assert 0 < row["first_byte_ms"] <= row["latency_ms"]


def test_a_stream_without_usage_is_estimated_and_marked(tmp_path: Path) -> None:
    with (
        serve(lambda got: stream(piece("bl"), piece("ueish"), DONE)) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("conv-26")) as client,
    ):
        list(client.chat.completions.create(model="stub", messages=MESSAGES, stream=True))
    (row,) = rows(tmp_path)
    assert row["counted"] == "approximated"
    assert row["input_tokens"] == 4  # "Which colour?" has 13 bytes.
    assert row["output_tokens"] == 2  # "blueish" has 7.


@pytest.mark.slow
def test_embeddings_and_responses_are_counted(tmp_path: Path) -> None:
    def respond(got: Got) -> Gives:
        if got.target == "/v1/embeddings":
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]
            usage = {"prompt_tokens": 6, "total_tokens": 6}
            return as_json({"object": "list", "data": data, "model": "e", "usage": usage})
        usage = {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}
        return as_json({"id": "r", "object": "response", "output": [], "usage": usage})

    with serve(respond) as stub, proxy_for(stub.url, tmp_path) as proxy:
        with client_of(proxy.endpoint("conv-26", "embedding")) as client:
            found = client.embeddings.create(model="e", input="sea", encoding_format="float")
        with client_of(proxy.endpoint("conv-26", "update")) as client:
            client.responses.create(model="r", input="sea")
    assert found.data[0].embedding == [0.5, 1.0]
    assert [
        (row["stage"], row["counted"], row["input_tokens"], row["output_tokens"])
        for row in rows(tmp_path)
    ] == [("embedding", "usage", 6, 0), ("update", "usage", 9, 4)]


def test_other_paths_are_passed_on_and_counted_as_calls(tmp_path: Path) -> None:
    respond = lambda got: as_json({"object": "list", "data": []})  # noqa: E731
    with serve(respond) as stub, proxy_for(stub.url, tmp_path) as proxy:
        endpoint = proxy.endpoint("conv-26")
        with client_of(endpoint) as client:
            assert list(client.models.list()) == []
        base = urlsplit(endpoint.base_url).path
        send(endpoint, b"\x00\xff", path=f"{base}/audio/transcriptions")
    assert [(got.method, got.target) for got in stub.got] == [
        ("GET", "/v1/models"),
        ("POST", "/v1/audio/transcriptions"),
    ]
    assert [(row["path"], row["counted"], row["model"]) for row in rows(tmp_path)] == [
        ("/v1/models", "none", None),
        ("/v1/audio/transcriptions", "none", None),
    ]


def test_a_busy_endpoint_is_the_callers_business(tmp_path: Path) -> None:
    busy = as_json({"error": {"message": "slow down"}}, 429, **{"retry-after": "17"})
    with (
        serve(lambda got: busy) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("conv-26")) as client,
        pytest.raises(openai.RateLimitError, match="slow down") as caught,
    ):
        client.chat.completions.create(model="stub", messages=MESSAGES)
    assert caught.value.response.headers["retry-after"] == "17"
    assert len(stub.got) == 1
    (row,) = rows(tmp_path)
    assert (row["status"], row["outcome"], row["input_tokens"]) == (429, "http_error", None)


def test_a_server_error_is_passed_on(tmp_path: Path) -> None:
    broken = as_json({"error": {"message": "out of memory"}}, 500)
    with (
        serve(lambda got: broken) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("conv-26")) as client,
        pytest.raises(openai.InternalServerError, match="out of memory"),
    ):
        client.chat.completions.create(model="stub", messages=MESSAGES)
    assert [(row["status"], row["outcome"]) for row in rows(tmp_path)] == [(500, "http_error")]


def test_a_page_in_place_of_json_is_passed_on_and_its_tokens_unknown(tmp_path: Path) -> None:
    page = Gives(b"<html>Welcome</html>", headers={"content-type": "text/html"})
    with serve(lambda got: page) as stub, proxy_for(stub.url, tmp_path) as proxy:
        status, headers, body = send(proxy.endpoint("conv-26"), b'{"model": "stub"}')
    assert (status, headers["content-type"], body) == (200, "text/html", page.body)
    (row,) = rows(tmp_path)
    assert (row["counted"], row["output_tokens"]) == ("approximated", None)


@pytest.mark.slow
@pytest.mark.parametrize("cut", [-1, 40])
def test_half_a_reply_is_no_reply(tmp_path: Path, cut: int) -> None:
    def respond(got: Got) -> Gives:
        return Gives(chat().body, headers=chat().headers, cut=cut)

    with (
        serve(respond) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("conv-26")) as client,
        pytest.raises(openai.APIStatusError, match="was cut off") as caught,
    ):
        client.chat.completions.create(model="stub", messages=MESSAGES)
    assert caught.value.status_code == 502
    assert caught.value.code == "upstream_broken"
    (row,) = rows(tmp_path)
    assert (row["status"], row["outcome"], row["output_tokens"]) == (502, "broken", None)


def test_half_a_stream_breaks_off_for_the_caller_too(tmp_path: Path) -> None:
    def respond(got: Got) -> Gives:
        return Gives([piece("bl")], headers={"content-type": "text/event-stream"}, cut=0)

    with (
        serve(respond) as stub,
        proxy_for(stub.url, tmp_path) as proxy,
        client_of(proxy.endpoint("conv-26")) as client,
    ):
        events = client.chat.completions.create(model="stub", messages=MESSAGES, stream=True)
        assert next(events).choices[0].delta.content == "bl"
        with pytest.raises(openai.APIConnectionError):
            next(events)
    assert [(row["outcome"], row["stream"]) for row in rows(tmp_path)] == [("broken", True)]


def test_an_endpoint_that_is_down_is_said_to_be(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # It does not listen, and no other process can.
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with (
            proxy_for(url, tmp_path) as proxy,
            client_of(proxy.endpoint("conv-26")) as client,
            pytest.raises(openai.APIStatusError, match="endpoint can't be reached") as caught,
        ):
            client.chat.completions.create(model="stub", messages=MESSAGES)
    assert (caught.value.status_code, caught.value.code) == (502, "upstream_unreachable")
    assert [(row["status"], row["outcome"]) for row in rows(tmp_path)] == [(502, "unreachable")]


@pytest.mark.slow
def test_an_endpoint_that_is_silent_times_out(tmp_path: Path) -> None:
    with (
        serve(lambda got: stream(30.0)) as stub,
        proxy_for(stub.url, tmp_path, timeout_s=0.2) as proxy,
    ):
        endpoint = proxy.endpoint("conv-26")
        assert endpoint.timeout_s == 0.2
        stub.respond = lambda got: Gives([30.0], headers={"content-type": "application/json"})
        status, _, body = send(endpoint, b"{}")
    assert (status, b"no complete reply within 0.2 s" in body) == (504, True)
    assert [(row["status"], row["outcome"]) for row in rows(tmp_path)] == [(504, "timeout")]


def test_a_redirect_is_not_followed(stub: StubUpstream, tmp_path: Path) -> None:
    away = Gives(status=307, headers={"location": f"{stub.url}/chat/completions"})
    with serve(lambda got: away) as first, proxy_for(first.url, tmp_path) as proxy:
        status, headers, body = send(proxy.endpoint("conv-26"), b"{}")
    assert (status, b"redirects" in body, "location" in headers) == (502, True, False)
    assert stub.got == []
    assert [(row["status"], row["outcome"]) for row in rows(tmp_path)] == [(502, "http_error")]


def hang_up_early(endpoint: Endpoint) -> None:
    """Ask for a stream, read its first event, and hang up."""
    with client_of(endpoint) as client:
        events = client.chat.completions.create(model="stub", messages=MESSAGES, stream=True)
        assert next(events).choices[0].delta.content == "bl"
        events.close()


def test_a_caller_that_hangs_up_ends_the_call(tmp_path: Path) -> None:
    endless = stream(piece("bl"), 30.0, piece("ue"), DONE)
    with serve(lambda got: endless) as stub, proxy_for(stub.url, tmp_path) as proxy:
        hang_up_early(proxy.endpoint("conv-26"))
        assert stub.broken.wait(100)  # The endpoint need not go on.
    (row,) = rows(tmp_path)
    assert (row["outcome"], row["counted"]) == ("client_gone", "approximated")
    assert row["output_tokens"] == 1


@pytest.mark.slow
def test_what_is_recorded_is_read_to_its_end_though_the_caller_is_gone(tmp_path: Path) -> None:
    go_on = threading.Event()
    whole = stream(piece("bl"), go_on, piece("ue"), DONE)
    with serve(lambda got: whole) as stub:
        with proxy_for(stub.url, tmp_path, mode="record") as proxy:
            hang_up_early(proxy.endpoint("conv-26"))
            time.sleep(0.1)  # Lets the proxy notice; too early only weakens the test.
            go_on.set()
            for _ in range(5000):
                if (tmp_path / "calls.jsonl").stat().st_size:
                    break
                time.sleep(0.02)
        assert [row["outcome"] for row in rows(tmp_path)] == ["client_gone"]
        with (
            proxy_for(stub.url, tmp_path, mode="replay", strict=True) as proxy,
            client_of(proxy.endpoint("conv-26")) as client,
        ):
            events = client.chat.completions.create(model="stub", messages=MESSAGES, stream=True)
            assert [event.choices[0].delta.content for event in events] == ["bl", "ue"]
    assert len(stub.got) == 1

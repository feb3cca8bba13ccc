"""Failures with status 200: what lmdeploy 0.18.0's server and proxy sent when they were tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from locomo_vqa.models import reported_failures
from locomo_vqa.models.chat import ModelDenied, ModelError, ModelFailed, ModelUnreachable
from locomo_vqa.notes import listening_to_notes
from tests.core.models.stub_server import Answer, completion, stub_server
from tests.core.models.using import REQUEST, ask


def forwarded(message: str, code: int, type: str = "invalid_request_error") -> Answer:
    """Return a server's error as the proxy forwards it: without the status."""
    body = {"message": message, "type": type, "code": code, "param": None, "object": "error"}
    return Answer(body)


GONE = Answer({"error_code": 10402, "text": "Failed to get response after a period of time"})
NO_SCHEMA = forwarded("Unsupported response format: json_schema_converter.cc:5082", 400)
FAULTS: dict[str, tuple[Answer, type[ModelError], int]] = {
    "aborted": (completion("<|im_start|>", finish="abort"), ModelFailed, 3),
    "too long": (
        forwarded("Input length (3207) must be smaller than the model context length (1024).", 400),
        ModelFailed,
        1,
    ),
    "no such model": (
        forwarded("The model 'x' does not exist.", 404, "not_found_error"),
        ModelDenied,
        1,
    ),
    "engine asleep": (forwarded("Engine is sleeping.", 503, "server_error"), ModelFailed, 3),
    "server gone": (GONE, ModelUnreachable, 3),
    "another service's code": (
        Answer({"error_code": 17, "error_msg": "Open api daily request limit reached"}),
        ModelFailed,
        1,
    ),
    "a list as code": (Answer({"error_code": [10402]}), ModelFailed, 1),
}


@pytest.fixture(autouse=True)
def quick_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a hundredth of a second for the proxy to notice."""
    monkeypatch.setattr(reported_failures, "PROXY_WAIT_S", 0.01)


@pytest.mark.parametrize("name", FAULTS)
def test_it_is_an_error_and_what_passes_is_tried_again(name: str) -> None:
    answer, error, calls = FAULTS[name]
    with stub_server(lambda _: answer) as stub, pytest.raises(error) as caught:
        ask(stub.spec())
    assert type(caught.value) is error
    assert len(stub.requests) == calls


def test_a_server_behind_a_proxy_may_go() -> None:
    answers = iter([GONE, GONE, completion("blue")])
    with stub_server(lambda _: next(answers)) as stub:
        assert ask(stub.spec()).text == "blue"


def test_a_forwarded_refusal_tells_how_to_write_the_request() -> None:
    def respond(body: dict[str, Any]) -> Answer:
        return NO_SCHEMA if "response_format" in body else completion("blue")

    with stub_server(respond) as stub:
        reply = ask(stub.spec(), replace(REQUEST, schema={"type": "object"}))
        assert (reply.text, reply.unguided, len(stub.requests)) == ("blue", True, 2)


def test_a_long_wait_for_the_proxy_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reported_failures, "PROXY_WAIT_S", 1.0)
    answers = iter([GONE, completion("blue")])
    shown: list[str] = []
    with stub_server(lambda _: next(answers)) as stub, listening_to_notes(shown.append):
        ask(stub.spec())
    assert shown == [
        "Waiting 1 s: the server behind the proxy does not answer: "
        "Failed to get response after a period of time"
    ]


def test_a_completion_with_such_fields_is_a_completion() -> None:
    body = {**completion("blue").body, "object": "error", "error_code": 1}
    with stub_server(lambda _: Answer(body)) as stub:
        assert ask(stub.spec()).text == "blue"

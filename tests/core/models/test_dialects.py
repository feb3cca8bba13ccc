"""Endpoints that differ: what is learned from a refusal, what a name gives, what is sent as 200."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from locomo_vqa.models.chat import ChatModel, ModelDenied, ModelError, ModelFailed, ThoughtsOnly
from locomo_vqa.models.dialects import dialect_of
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.probes import known_images
from tests.core.models.stub_server import Answer, completion, stub_server
from tests.core.models.using import REQUEST, ask, using

UNION = {"type": "object", "properties": {"question": {"type": ["string", "null"]}}}


def error(message: str, status: int = 400, **more: Any) -> Answer:
    return Answer({"error": {"message": message, **more}}, status)


def new_parameters(body: dict[str, Any]) -> Answer:
    if "max_tokens" in body:
        return error("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
    if "temperature" in body:
        return error("Unsupported value: 'temperature' does not support 0.0 with this model.")
    return completion("blue") if "max_completion_tokens" in body else error("no limit")


def no_lists_of_types(body: dict[str, Any]) -> Answer:
    if '["string", "null"]' in json.dumps(body):
        return error("Invalid schema for response_format: a list of types is not supported.")
    return completion("blue") if "anyOf" in json.dumps(body) else error("no schema")


def no_schema(body: dict[str, Any]) -> Answer:
    if "response_format" in body:
        return error("response_format is not supported by this model")
    return completion("blue")


def sse(*events: Any) -> Answer:
    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return Answer(text.encode(), headers={"content-type": "text/event-stream"})


def stream_only(body: dict[str, Any]) -> Answer:
    if not body.get("stream"):
        return error("This model only supports stream mode.")
    parts = [{"reasoning_content": "Hm."}, {"content": "bl"}, {"content": "ue"}]
    return sse(
        *({"choices": [{"index": 0, "delta": part}]} for part in parts),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3}},
    )


DIFFERENT: dict[str, tuple[Callable[[dict[str, Any]], Answer], int]] = {
    "new parameters": (new_parameters, 3),
    "no lists of types": (no_lists_of_types, 2),
    "no schema": (no_schema, 3),
    "stream only": (stream_only, 2),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_an_endpoint_wants_is_learned_once(name: str) -> None:
    respond, calls = DIFFERENT[name]
    request = replace(REQUEST, schema=UNION)
    with stub_server(respond) as stub:
        assert ask(stub.spec(), request).text == "blue"
        assert len(stub.requests) == calls
        assert ask(stub.spec(), request).text == "blue"
        assert len(stub.requests) == calls + 1
        assert dialect_of(parse_endpoint(stub.spec(), timeout_s=1)).changes


IMAGE_LIMITS = [
    "At most 1 image(s) may be provided in one request.",
    "At most 1 image(s) may be provided in one prompt.",
    "You set image=2 (or defaulted to 1) in `--limit-mm-per-prompt`, but passed 3 image items.",
    "Too many images in request: 11 images provided, but the model supports a maximum of 10.",
    "vision model only supports a single image per message",
    "Mllama only supports one image per sample",
    "Currently, only one image is supported.",
    "Exactly one user image_url is required",
    "multiple images are not supported by this model",
    "The number of images exceeds the limit of 4 images",
]


@pytest.mark.parametrize("words", IMAGE_LIMITS)
@pytest.mark.parametrize("status", (400, 500))
def test_too_many_images_end_the_command_with_what_to_do(words: str, status: int) -> None:
    images = known_images()
    with stub_server(lambda _: error(words, status)) as stub:
        with pytest.raises(ModelDenied) as caught:
            ask(stub.spec(), replace(REQUEST, images=images))
        assert len(stub.requests) == 1
        with pytest.raises(ModelFailed) as single:
            ask(stub.spec(), replace(REQUEST, images=images[:1]))
    assert "fewer images per request than the 3 of this one; raise its limit" in str(caught.value)
    assert words[:40] in str(caught.value)
    assert type(single.value) is ModelFailed


@pytest.mark.parametrize(
    "words",
    [
        "The image exceeds the maximum of 5 MB.",
        "Invalid image: only PNG and JPEG images are supported.",
        "This model's maximum context length is 4096 tokens.",
        "Only the default (1) value is supported for temperature.",
    ],
)
def test_other_refusals_are_not_about_the_number_of_images(words: str) -> None:
    with stub_server(lambda _: error(words)) as stub, pytest.raises(ModelFailed) as caught:
        ask(stub.spec(), replace(REQUEST, images=known_images()))
    assert type(caught.value) is ModelFailed


def test_a_refusal_that_nothing_can_be_learned_from_is_an_error() -> None:
    with stub_server(lambda _: error("At most 1 image(s) may be provided.")) as stub:
        with pytest.raises(ModelFailed, match="At most 1 image"):
            ask(stub.spec())
        assert len(stub.requests) == 1


def test_a_name_gives_fields_and_limits() -> None:
    options = "&max_tokens=900&body.enable_thinking=false&body.chat.effort=low&body.top_k=3"
    with stub_server(lambda _: completion("blue")) as stub:
        assert ask(stub.spec(options)).text == "blue"
    (sent,) = stub.requests
    assert (sent["max_tokens"], sent["enable_thinking"], sent["top_k"]) == (900, False, 3)
    assert sent["chat"] == {"effort": "low"}


def test_what_a_name_gives_is_a_part_of_the_identity() -> None:
    async def identity(model: ChatModel) -> dict[str, Any]:
        return dict(model.identity())

    spec = "openai:https://a.invalid/v1?model=m"
    plain = using(spec, identity)
    given = using(f"{spec}&api-version=2024-10-21&max_tokens=9", identity)
    assert given == {**plain, "query": {"api-version": "2024-10-21"}, "body": {"max_tokens": 9}}


def test_line_breaks_within_a_streamed_text_are_kept() -> None:
    said = "a\u2028b\u0085c\x1dd"
    event = {"choices": [{"delta": {"content": said}, "finish_reason": "stop"}]}
    data = f"data: {json.dumps(event, ensure_ascii=False)}\r\n\r\ndata: [DONE]\r\n\r\n"
    answer = Answer(data.encode(), headers={"content-type": "text/event-stream"})
    with stub_server(lambda _: answer) as stub:
        assert ask(stub.spec()).text == said


def test_what_is_no_completion_is_shown() -> None:
    said = "not a chat completion: the gateway is asleep"
    page = Answer(b"the gateway is asleep")
    with stub_server(lambda _: page) as stub, pytest.raises(ModelFailed, match=said):
        ask(stub.spec())


def test_a_rate_of_images_is_no_limit_of_a_request() -> None:
    limited = error("Rate limit: a maximum of 5 images per minute", 429)
    with stub_server(lambda _: limited) as stub, pytest.raises(ModelFailed) as caught:
        ask(stub.spec(), replace(REQUEST, images=known_images()))
    assert type(caught.value) is ModelFailed


ONLY_THOUGHTS = {
    "reasoning_content": completion(None, "length", reasoning_content="I weigh this"),
    "reasoning": completion("", "length", reasoning="I weigh this"),
    "reasoning, not cut": completion("", "stop", reasoning="I weigh this"),
    "no words": completion(None, "length"),
    "within a tag": completion("<think>I weigh", "length"),
}


@pytest.mark.parametrize("name", ONLY_THOUGHTS)
def test_thoughts_alone_are_no_reply(name: str) -> None:
    with stub_server(lambda _: ONLY_THOUGHTS[name]) as stub, pytest.raises(ThoughtsOnly):
        ask(stub.spec())
    assert len(stub.requests) == 1


PARTS = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
    {"type": "text", "text": "blue"},
]


@pytest.mark.parametrize(
    "answer",
    [
        completion(PARTS),
        completion("blue", reasoning_content="Red?"),
        completion("<think>Red?</think>blue", reasoning="Red?"),
    ],
)
def test_the_words_are_apart_from_the_thoughts(answer: Answer) -> None:
    with stub_server(lambda _: answer) as stub:
        reply = ask(stub.spec())
    assert reply.text == "blue"
    assert reply.thought


TOLD: dict[str, tuple[Answer, type[ModelError], str, int]] = {
    "finish error": (completion("engine crash", "error"), ModelFailed, "engine crash", 3),
    "rate limit": (
        Answer({"choices": None, "error": {"message": "Slow down", "code": 429}}),
        *(ModelFailed, "Slow down", 3),
    ),
    "no credits": (
        Answer({"error": {"message": "Insufficient credits", "code": 402}}),
        *(ModelDenied, "Insufficient credits", 1),
    ),
    "error of a choice": (
        Answer({"choices": [{"error": {"message": "Upstream died", "code": 502}}]}),
        *(ModelFailed, "Upstream died", 3),
    ),
    "a page": (
        Answer(b"<html>Sign in</html>", headers={"content-type": "text/html"}),
        *(ModelDenied, "web page instead of a reply: <html>Sign in", 1),
    ),
    "wrong key": (error("Incorrect API key", 401), ModelDenied, "Incorrect API key", 1),
    "wrong model": (error("No such model", 404), ModelDenied, "No such model", 1),
    "quota": (
        error("Check your plan", 429, code="insufficient_quota"),
        *(ModelDenied, "quota is used up.*Check your plan", 1),
    ),
    "limited": (error("Busy", 429), ModelFailed, r"limits the requests.*tried 3 times in \d+ s", 3),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_failure_shows_the_server_s_words(name: str) -> None:
    answer, kind, words, calls = TOLD[name]
    with stub_server(lambda _: answer) as stub, pytest.raises(kind, match=words) as caught:
        ask(stub.spec())
    assert type(caught.value) is kind
    assert len(stub.requests) == calls


def test_loopback_is_direct_and_a_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://me:secret@127.0.0.1:9")
    with stub_server(lambda _: completion("blue")) as stub:
        assert ask(stub.spec()).text == "blue"
    with pytest.raises(ModelError, match=r"through the proxy http://…@127\.0\.0\.1:9") as caught:
        ask("openai:http://model.invalid/v1?model=m")
    assert "secret" not in str(caught.value)

"""What is learned of an endpoint is remembered by later commands, and forgotten in time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from locomo_vqa.models.chat import ModelFailed
from locomo_vqa.models.dialects import dialect_of, forget_dialects
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.endpoint_memory import (
    MAX_AGE,
    MAX_ENTRIES,
    endpoints_file,
    keep_learned,
    learned_before,
)
from locomo_vqa.system import Endpoint
from tests.core.models.stub_server import Answer, completion, stub_server
from tests.core.models.test_dialects import error, new_parameters, no_schema, stream_only
from tests.core.models.using import REQUEST, ask


def endpoint(number: int = 0, base: str = "https://a.invalid/v1") -> Endpoint:
    return Endpoint(base_url=base, model=f"m{number}", api_key="sk-not-in-the-file")


def test_the_next_command_is_not_refused() -> None:
    with stub_server(new_parameters) as stub:
        ask(stub.spec())
        assert len(stub.requests) == 3
        forget_dialects()
        ask(stub.spec())
        assert len(stub.requests) == 4


def test_what_no_longer_fits_is_forgotten() -> None:
    def old_parameters(body: dict[str, Any]) -> Answer:
        if "max_completion_tokens" in body:
            return error("Unknown field: max_completion_tokens.")
        return completion("blue")

    with stub_server(new_parameters) as stub:
        ask(stub.spec())
        forget_dialects()
        stub.respond = old_parameters
        assert ask(stub.spec()).text == "blue"
        assert len(stub.requests) == 5
        assert not endpoints_file().is_file() or json.loads(endpoints_file().read_text()) == {}
        forget_dialects()
        ask(stub.spec())
        assert len(stub.requests) == 6


def test_a_server_that_streams_no_more_is_asked_for_whole_replies() -> None:
    def whole_only(body: dict[str, Any]) -> Answer:
        return error("stream is not supported") if body.get("stream") else completion("blue")

    with stub_server(stream_only) as stub:
        ask(stub.spec())
        forget_dialects()
        stub.respond = whole_only
        assert ask(stub.spec()).text == "blue"


def test_a_refusal_that_helped_nothing_is_not_kept() -> None:
    with stub_server(lambda _: error("temperature, max_completion_tokens: only so")) as stub:
        for _ in range(2):
            with pytest.raises(ModelFailed):
                ask(stub.spec())
        assert dialect_of(parse_endpoint(stub.spec(), timeout_s=1)).changes == ()
    assert not endpoints_file().exists()


def test_requests_without_a_schema_leave_what_is_known_of_schemas() -> None:
    with stub_server(no_schema) as stub:
        ask(stub.spec(), replace(REQUEST, schema={"type": "object"}))
        ask(stub.spec())
        forget_dialects()
        assert "no response_format" in dialect_of(parse_endpoint(stub.spec(), timeout_s=1)).changes


def test_neither_keys_nor_addresses_are_in_the_file() -> None:
    keep_learned(endpoint(), {"changes": ["stream"]})
    text = endpoints_file().read_text()
    assert "stream" in text
    for part in ("sk-", "a.invalid", "m0"):
        assert part not in text


def test_the_file_stays_small_and_keeps_the_newest() -> None:
    old = datetime.now(UTC) - timedelta(hours=1)
    entries = {f"{n:032x}": {"changes": ["stream"], "time": str(old)} for n in range(MAX_ENTRIES)}
    endpoints_file().write_text(json.dumps(entries))
    keep_learned(endpoint(), {"changes": ["stream"]})
    assert len(json.loads(endpoints_file().read_text())) == MAX_ENTRIES
    assert learned_before(endpoint())["changes"] == ["stream"]


def test_old_entries_are_not_used() -> None:
    keep_learned(endpoint(), {"changes": ["stream"]})
    (key,) = entries = json.loads(endpoints_file().read_text())
    entries[key]["time"] = str(datetime.now(UTC) - MAX_AGE - timedelta(seconds=1))
    endpoints_file().write_text(json.dumps(entries))
    assert learned_before(endpoint()) == {}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"a": 1}', b"\xff", b"[" * 5000, b'{"a": {"time": 5}}', b" " * (2 << 20)],
)
def test_a_damaged_file_is_passed_over_and_written_anew(content: bytes) -> None:
    endpoints_file().write_bytes(content)
    assert learned_before(endpoint()) == {}
    keep_learned(endpoint(), {"changes": ["stream"]})
    assert learned_before(endpoint())["changes"] == ["stream"]


@pytest.mark.parametrize("changes", [7, "stream", [["stream"]], ["no such change", 5, None]])
def test_strange_entries_change_nothing(changes: Any) -> None:
    keep_learned(endpoint(), {"changes": changes})
    assert dialect_of(endpoint()).changes == ()


def test_what_cannot_be_written_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCOMO_VQA_CACHE", "/dev/null/nowhere")
    keep_learned(endpoint(), {"changes": ["stream"]})
    assert learned_before(endpoint()) == {}


def test_addresses_of_the_metering_proxy_are_not_kept() -> None:
    metered = endpoint(base="http://127.0.0.1:4711/c/conv-1/llm/v1")
    keep_learned(metered, {"changes": ["stream"]})
    assert not endpoints_file().exists()

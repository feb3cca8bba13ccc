"""A run that is recorded costs nothing the second time; the endpoint is a stub that counts."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import openai
import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.proxy.occurrences import OccurrenceCounter
from locomo_vqa.evaluators.proxy.recordings import Recordings
from locomo_vqa.system import Endpoint

from .stub_upstream import DONE, Gives, Got, StubUpstream, as_json, chat, piece, stream
from .stub_upstream import stub_upstream as serve
from .using import MESSAGES, client_of, proxy_for, rows, send

BODY = json.dumps({"model": "stub", "messages": MESSAGES}).encode()


@pytest.fixture
def stub() -> Iterator[StubUpstream]:
    """An endpoint that never says the same thing twice."""
    numbers = itertools.count()

    def respond(got: Got) -> Gives:
        number = next(numbers)
        if b'"stream":true' in got.body:
            return stream(piece(f"word {number}"), piece("!"), DONE)
        if got.target.endswith("/embeddings"):
            data = [{"object": "embedding", "index": 0, "embedding": [float(number)]}]
            return as_json({"object": "list", "data": data, "model": "e"})
        if got.method == "GET":
            return as_json({"object": "list", "data": []})
        return chat(f"answer {number}")

    with serve(respond) as stub:
        yield stub


def use(endpoint: Endpoint) -> list[Any]:
    """Do what a system may do: ask, ask the same again, stream, embed, list."""
    with client_of(endpoint) as client:
        ask = client.chat.completions.create
        sampled = [ask(model="stub", messages=MESSAGES, temperature=0.7) for _ in range(3)]
        with ask(model="stub", messages=MESSAGES, stream=True) as events:
            streamed = list(events)
        embedded = client.embeddings.create(model="e", input="x", encoding_format="float")
        return [sampled, streamed, embedded, list(client.models.list())]


@pytest.mark.slow
def test_a_second_run_gets_the_same_and_asks_for_nothing(
    stub: StubUpstream, tmp_path: Path
) -> None:
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        first = [use(proxy.endpoint(name)) for name in ("conv-1", "conv-2")]
    asked = len(stub.got)
    with proxy_for(stub.url, tmp_path, mode="replay", strict=True) as proxy:
        second = [use(proxy.endpoint(name)) for name in ("conv-1", "conv-2")]
    assert second == first
    assert len(stub.got) == asked == 12
    texts = [reply.choices[0].message.content for reply in first[0][0]]
    assert len(set(texts)) == 3  # Three samples stay three.
    assert [row["replayed"] for row in rows(tmp_path)] == [False] * 12 + [True] * 12
    kept = ("conversation", "path", "stream", "counted", "input_tokens", "output_tokens", "status")
    recorded, replayed = rows(tmp_path)[:12], rows(tmp_path)[12:]
    assert [[row[k] for k in kept] for row in recorded] == [
        [row[k] for k in kept] for row in replayed
    ]


@pytest.mark.slow
def test_a_stream_is_given_again_in_its_pieces_and_marked(
    stub: StubUpstream, tmp_path: Path
) -> None:
    body = b'{"stream":true}'
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        first = send(proxy.endpoint("conv-1"), body)
    with proxy_for(stub.url, tmp_path, mode="replay") as proxy:
        second = send(proxy.endpoint("conv-1"), body)
    assert first[2] == second[2] == piece("word 0") + piece("!") + DONE
    assert "x-locomo-vqa-replayed" not in first[1]
    assert second[1]["x-locomo-vqa-replayed"] == "1"
    assert first[1]["content-type"] == second[1]["content-type"] == "text/event-stream"


@pytest.mark.slow
def test_what_was_never_recorded_is_asked_and_recorded(stub: StubUpstream, tmp_path: Path) -> None:
    replies = []
    for _ in range(2):
        with proxy_for(stub.url, tmp_path, mode="replay") as proxy:
            replies.append(send(proxy.endpoint("conv-1"), BODY)[2])
    assert replies[0] == replies[1]
    assert len(stub.got) == 1


def test_a_strict_replay_refuses_what_was_never_recorded(
    stub: StubUpstream, tmp_path: Path
) -> None:
    with (
        proxy_for(stub.url, tmp_path, mode="replay", strict=True) as proxy,
        client_of(proxy.endpoint("conv-1"), max_retries=2) as client,
        pytest.raises(openai.InternalServerError, match=r"conv-1: request .*, number 0") as caught,
    ):
        client.chat.completions.create(model="stub", messages=MESSAGES)
    assert caught.value.code == "not_recorded"
    assert stub.got == []
    assert [(row["status"], row["outcome"]) for row in rows(tmp_path)] == [(500, "refused")]


@pytest.mark.slow
@pytest.mark.parametrize(
    "other",
    [
        {"model": "stub2", "messages": MESSAGES},
        {"model": "stub", "messages": [{"role": "user", "content": "Which colour? "}]},
        {"model": "stub", "messages": MESSAGES, "temperature": 0},
        {"model": "stub", "messages": MESSAGES, "seed": 1},
        {"model": "stub", "messages": MESSAGES, "tools": []},
        {"model": "stub", "messages": MESSAGES, "stream": True},
        {"model": "stub", "messages": MESSAGES, "user": "u"},
    ],
)
def test_another_request_gets_no_recorded_reply(
    stub: StubUpstream, tmp_path: Path, other: dict[str, Any]
) -> None:
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        send(proxy.endpoint("conv-1"), BODY)
    with proxy_for(stub.url, tmp_path, mode="replay", strict=True) as proxy:
        assert send(proxy.endpoint("conv-1"), BODY)[0] == 200
        assert send(proxy.endpoint("conv-1"), json.dumps(other).encode())[0] == 500
        assert send(proxy.endpoint("conv-2"), BODY)[0] == 500


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"revision": "r2"}, {}])
def test_another_endpoint_or_revision_gets_no_recorded_reply(
    stub: StubUpstream, tmp_path: Path, options: dict[str, str]
) -> None:
    with proxy_for(stub.url, tmp_path, mode="record", revision="r1") as proxy:
        send(proxy.endpoint("conv-1"), BODY)
    with proxy_for(stub.url, tmp_path, mode="replay", strict=True, **options) as proxy:
        assert send(proxy.endpoint("conv-1"), BODY)[0] == 500
    elsewhere = stub.url.replace("/v1", "/other/v1")
    with proxy_for(elsewhere, tmp_path, mode="replay", strict=True, revision="r1") as proxy:
        assert send(proxy.endpoint("conv-1"), BODY)[0] == 500


@pytest.mark.slow
def test_the_stage_and_the_order_of_keys_do_not_matter(stub: StubUpstream, tmp_path: Path) -> None:
    turned = json.dumps({"messages": MESSAGES, "model": "stub"}, indent=1).encode()
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        first = send(proxy.endpoint("conv-1"), BODY)[2]
    with proxy_for(stub.url, tmp_path, mode="replay", strict=True) as proxy:
        assert send(proxy.endpoint("conv-1", "judge"), turned)[2] == first


@pytest.mark.slow
@pytest.mark.parametrize(
    "bad",
    [
        as_json({"error": {"message": "busy"}}, 503),
        Gives(chat().body, headers=chat().headers, cut=30),
        Gives([piece("bl")], headers={"content-type": "text/event-stream"}, cut=0),
    ],
)
def test_a_failure_is_not_recorded_and_its_number_goes_to_the_next_try(
    stub: StubUpstream, tmp_path: Path, bad: Gives
) -> None:
    good, stub.respond = stub.respond, lambda got: bad
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        with suppress(IncompleteRead):  # A stream that breaks off has a status of 200.
            assert send(proxy.endpoint("conv-1"), BODY)[0] >= 500
        stub.respond = good
        again = send(proxy.endpoint("conv-1"), BODY)[2]
    with proxy_for(stub.url, tmp_path, mode="replay", strict=True) as proxy:
        assert send(proxy.endpoint("conv-1"), BODY)[2] == again


def test_a_conversation_that_is_read_anew_is_replayed_from_the_start(
    stub: StubUpstream, tmp_path: Path
) -> None:
    with proxy_for(stub.url, tmp_path, mode="replay") as proxy:
        endpoint = proxy.endpoint("conv-1")
        first = [send(endpoint, BODY)[2] for _ in range(2)]
        proxy.restart("conv-1")
        assert [send(endpoint, BODY)[2] for _ in range(2)] == first
    assert len(stub.got) == 2


@pytest.mark.slow
def test_recording_anew_takes_the_place_of_what_was_there(
    stub: StubUpstream, tmp_path: Path
) -> None:
    for _ in range(2):
        with proxy_for(stub.url, tmp_path, mode="record") as proxy:
            last = send(proxy.endpoint("conv-1"), BODY)[2]
    with proxy_for(stub.url, tmp_path, mode="replay") as proxy:
        assert send(proxy.endpoint("conv-1"), BODY)[2] == last
    assert len(stub.got) == 2


@pytest.mark.slow
def test_a_damaged_recording_is_not_given_and_stops_the_calls(
    stub: StubUpstream, tmp_path: Path
) -> None:
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        send(proxy.endpoint("conv-1"), BODY)
        assert proxy.problem is None
    with sqlite3.connect(tmp_path / "recorded.sqlite") as connection:
        connection.execute("UPDATE recordings SET body = replace(body, 'answer', 'Answer')")
    connection.close()
    with proxy_for(stub.url, tmp_path, mode="replay") as proxy:
        assert b"was changed after it was recorded" in send(proxy.endpoint("conv-1"), BODY)[2]
        assert isinstance(proxy.problem, InputError)
        assert send(proxy.endpoint("conv-2"), BODY)[0] == 500
    assert len(stub.got) == 1


def test_a_call_is_listed_before_its_reply_is_recorded(
    stub: StubUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever the process dies, what is replayed later is among the calls that were paid for."""
    listed = []
    put = Recordings.put

    def put_later(self: Recordings, *arguments: Any, **settings: Any) -> None:
        listed.append([row["outcome"] for row in rows(tmp_path)])
        put(self, *arguments, **settings)

    monkeypatch.setattr(Recordings, "put", put_later)
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        assert send(proxy.endpoint("conv-1"), BODY)[0] == 200
    assert listed == [["ok"]]


def test_a_reply_that_can_not_be_recorded_stops_the_calls_and_counts(
    stub: StubUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(*_: Any, **__: Any) -> None:
        raise OutputError("recorded.sqlite: the disk is full.", "Make room.")

    monkeypatch.setattr(Recordings, "put", put)
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        first = send(proxy.endpoint("conv-1"), BODY)
        second = send(proxy.endpoint("conv-1"), BODY)
        assert isinstance(proxy.problem, OutputError)
    assert first[0] == second[0] == 500
    assert b"the disk is full" in first[2] and b"the disk is full" in second[2]
    assert len(stub.got) == 1
    assert [row["outcome"] for row in rows(tmp_path)] == ["ok"]  # It was made, and costs.


def test_no_request_body_is_kept(stub: StubUpstream, tmp_path: Path) -> None:
    with proxy_for(stub.url, tmp_path, mode="record") as proxy:
        send(proxy.endpoint("conv-1"), BODY)
    content = b"".join(path.read_bytes() for path in tmp_path.glob("recorded.sqlite*"))
    assert b"answer 0" in content
    assert b"Which colour?" not in content


def test_a_mode_that_keeps_replies_needs_a_file(stub: StubUpstream, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a file"):
        proxy_for(stub.url, tmp_path, mode="record", store=None)


def test_numbers_are_the_lowest_that_are_free() -> None:
    numbers = OccurrenceCounter()
    assert [numbers.take("c", "a") for _ in range(3)] == [0, 1, 2]
    assert (numbers.take("c", "b"), numbers.take("d", "a")) == (0, 0)
    numbers.give_back("c", "a", 1)
    assert [numbers.take("c", "a") for _ in range(2)] == [1, 3]
    numbers.restart("c")
    assert (numbers.take("c", "a"), numbers.take("d", "a")) == (0, 1)

"""A model behind the store: asked once, never for what failed, cancelled with its last asker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed
from locomo_vqa.responses import ResponseStore, StoredModel
from locomo_vqa.runs import Usage

IDENTITY = {"backend": "test", "model": "m"}
REPLY = ChatReply(text="blue", finish="stop", usage=Usage(input_tokens=5, calls=1))


class Counting:
    """A model that takes its time, which a test may end, and counts what it is asked."""

    name = "test:m"
    in_flight = 8

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cancelled = 0
        self.closed = False
        self.seconds = 0.02

    def identity(self) -> Mapping[str, Any]:
        return IDENTITY

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request.text)
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if "fail" in request.text:
            raise ModelFailed("no")
        return replace(REPLY, text=f"{request.text} {len(self.asked)}")

    async def close(self) -> None:
        self.closed = True


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_the_same_request_in_flight_is_asked_once(tmp_path: Path) -> None:
    async def main(store: ResponseStore) -> None:
        inner = Counting()
        model = StoredModel(inner, store)
        requests = [ChatRequest(text=f"q{i % 3}") for i in range(30)]
        first = await asyncio.gather(*map(model.ask, requests))
        again = await asyncio.gather(*map(model.ask, requests))
        assert sorted(inner.asked) == ["q0", "q1", "q2"]
        assert first == again
        assert (model.asked, model.reused) == (3, 57)
        later = StoredModel(Counting(), store)
        assert await later.ask(requests[0]) == first[0]
        assert (later.asked, later.reused) == (0, 1)
        await model.close()
        assert inner.closed

    with ResponseStore(tmp_path / "r.sqlite") as store:
        asyncio.run(main(store))


def test_a_failure_is_not_stored(tmp_path: Path) -> None:
    async def main(store: ResponseStore) -> None:
        inner = Counting()
        model = StoredModel(inner, store)
        request = ChatRequest(text="fail")
        outcomes = await asyncio.gather(
            *(model.ask(request) for _ in range(3)), return_exceptions=True
        )
        assert all(isinstance(outcome, ModelFailed) for outcome in outcomes)
        with pytest.raises(ModelFailed):
            await model.ask(request)
        assert len(inner.asked) == 2
        assert model.reused == 0

    with ResponseStore(tmp_path / "r.sqlite") as store:
        asyncio.run(main(store))
        assert len(store) == 0


def test_the_last_that_waits_cancels_the_call(tmp_path: Path) -> None:
    async def main(store: ResponseStore) -> None:
        inner = Counting()
        model = StoredModel(inner, store)
        request = ChatRequest(text="q")
        one, two = (asyncio.create_task(model.ask(request)) for _ in range(2))
        await until(lambda: inner.asked == ["q"])
        one.cancel()
        assert (await two).text == "q 1"
        assert inner.cancelled == 0
        other, inner.seconds = ChatRequest(text="r"), 1000
        three = asyncio.create_task(model.ask(other))
        await until(lambda: inner.asked == ["q", "r"])
        three.cancel()
        await until(lambda: inner.cancelled == 1)
        inner.seconds = 0
        assert (await model.ask(other)).text == "r 3"

    with ResponseStore(tmp_path / "r.sqlite") as store:
        asyncio.run(main(store))


def test_a_rejected_reply_is_asked_anew_once(tmp_path: Path) -> None:
    async def main(store: ResponseStore) -> None:
        inner = Counting()
        model = StoredModel(inner, store)
        request = ChatRequest(text="q")
        assert (await model.ask(request)).text == "q 1"
        model.reject(request)
        model.reject(ChatRequest(text="never asked"))
        later = StoredModel(inner, store)
        assert (await later.ask(request)).text == "q 2"
        assert (await later.ask(request)).text == "q 2"
        assert (later.asked, later.renewed, later.reused) == (1, 1, 1)

    with ResponseStore(tmp_path / "r.sqlite") as store:
        asyncio.run(main(store))


def test_a_refusal_is_not_stored_and_thoughts_are_split_on_reading(tmp_path: Path) -> None:
    with ResponseStore(tmp_path / "r.sqlite") as store:
        old, cut, new = (ChatRequest(text=text) for text in ("old", "cut", "new"))
        store.put(IDENTITY, old, replace(REPLY, text="<think>Red?</think>blue"))
        store.put(IDENTITY, cut, replace(REPLY, text="<think>Red?", finish="length"))
        store.put(IDENTITY, new, replace(REPLY, thought="Red?"))
        for request in (old, new):
            found = store.get(IDENTITY, request)
            assert found is not None
            assert (found.text, found.thought) == ("blue", "Red?")
        assert store.get(IDENTITY, cut) is None
        assert store.put(IDENTITY, cut, REPLY) == REPLY
        assert store.get(IDENTITY, cut) == REPLY

"""When the backend openai tries again, how long it waits, and how much it asks at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import pytest

from locomo_vqa.models.chat import (
    ChatModel,
    ModelError,
    ModelFailed,
    ModelTimeout,
    ModelUnreachable,
)
from locomo_vqa.models.limiter import Limiter
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.models.retries import MAX_WAIT_S, backoff_s, server_wait_s
from tests.core.models.stub_server import Answer, Responder, completion, stub_server
from tests.core.models.using import REQUEST, ask, using


def after(faults: int, fault: Answer) -> Responder:
    """Return a fault `times` times, then a reply."""
    calls = count(1)
    return lambda _: fault if next(calls) <= faults else completion("blue")


@pytest.mark.parametrize("status", (408, 409, 429, 500, 502, 503, 529))
def test_a_passing_fault_is_tried_again(status: int) -> None:
    with stub_server(after(2, Answer({}, status))) as stub:
        assert ask(stub.spec()).text == "blue"
    assert len(stub.requests) == 3


def test_what_the_server_calls_hopeless_is_not_tried_again() -> None:
    hopeless = Answer({}, 500, {"x-should-retry": "false"})
    with stub_server(lambda _: hopeless) as stub, pytest.raises(ModelFailed):
        ask(stub.spec())
    assert len(stub.requests) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("upstream_unreachable", ModelUnreachable),
        ("upstream_broken", ModelUnreachable),
        ("upstream_timeout", ModelTimeout),
        ("not_recorded", ModelFailed),
        (["upstream_timeout"], ModelFailed),
        (None, ModelFailed),
    ],
)
def test_a_call_through_the_metering_proxy_fails_as_a_direct_one(
    code: Any, error: type[ModelError]
) -> None:
    body = {"error": {"message": "gone", "code": code}}
    said = Answer(body, 502, {"x-should-retry": "false"})
    with stub_server(lambda _: said) as stub, pytest.raises(ModelError) as caught:
        ask(stub.spec())
    assert type(caught.value) is error


@pytest.mark.slow
@pytest.mark.parametrize("date", (False, True))
def test_retry_after_is_respected(date: bool) -> None:
    times: list[float] = []

    def respond(_: dict[str, Any]) -> Answer:
        times.append(time.monotonic())
        then = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        busy = Answer({}, 429, {"retry-after": then if date else "1"})
        return busy if len(times) == 1 else completion("blue")

    with stub_server(respond) as stub:
        assert ask(stub.spec()).text == "blue"
    assert 0.95 <= times[1] - times[0] < 20


def test_the_waits() -> None:
    assert server_wait_s({}) is None
    assert server_wait_s({"retry-after": "soon"}) is None
    assert server_wait_s({"retry-after": "nan"}) is None
    assert server_wait_s({"retry-after": "86400"}) == MAX_WAIT_S
    assert server_wait_s({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert all(0.005 <= backoff_s(1) <= 0.01 for _ in range(50))
    assert backoff_s(60) <= MAX_WAIT_S


@pytest.mark.slow
def test_never_more_at_once_than_asked_for() -> None:
    with stub_server(lambda _: completion("blue")) as stub:

        async def many(model: ChatModel) -> int:
            replies = await asyncio.gather(*(model.ask(REQUEST) for _ in range(5000)))
            return len(replies)

        assert using(stub.spec("&in_flight=24"), many, timeout_s=60) == 5000
    assert len(stub.requests) == 5000
    assert stub.most <= 24


def test_a_busy_server_is_asked_less_and_then_more_again() -> None:
    limits: list[int] = []
    calls = count(1)

    def respond(_: dict[str, Any]) -> Answer:
        return Answer({}, 503) if next(calls) <= 20 else completion("blue")

    with stub_server(respond) as stub:

        async def many(model: OpenAIModel) -> None:
            async def one() -> None:
                await model.ask(REQUEST)
                limits.append(model.limiter.limit)

            await asyncio.gather(*(one() for _ in range(200)))
            assert model.limiter.running == 0

        using(stub.spec("&in_flight=16"), many, tries=9)
    assert min(limits) <= 8
    assert limits[-1] > min(limits)


def test_the_limiter_halves_once_for_all_that_ran_together() -> None:
    async def main() -> None:
        limiter = Limiter(8)
        together = asyncio.Barrier(8)

        async def busy() -> None:
            async with limiter.slot() as slot:
                await together.wait()
                slot.busy = True

        await asyncio.gather(*(busy() for _ in range(8)))
        assert limiter.limit == 4
        for _ in range(4):
            async with limiter.slot():
                pass
        assert limiter.limit == 5
        waiting = [asyncio.create_task(limiter._acquire()) for _ in range(7)]
        await asyncio.sleep(0)
        assert limiter.running == 5
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        limiter.running = 0
        async with asyncio.timeout(1), limiter.slot():
            assert limiter.running == 1

    asyncio.run(main())


def test_cancelling_lets_go_of_everything() -> None:
    with stub_server(lambda _: Answer({}, wait_s=60)) as stub:

        async def cancelled(model: OpenAIModel) -> None:
            tasks = [asyncio.create_task(model.ask(REQUEST)) for _ in range(50)]
            while stub.running < 32:
                await asyncio.sleep(0.01)
            for task in tasks:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(outcome, asyncio.CancelledError) for outcome in done)
            assert model.limiter.running == 0

        using(stub.spec(), cancelled)
        until = time.monotonic() + 100
        while stub.connections and time.monotonic() < until:
            time.sleep(0.01)
        assert stub.connections == 0


ASKING = """
import asyncio, sys
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.opening import open_model

async def main():
    model = open_model(sys.argv[1])
    try:
        await asyncio.gather(*(model.ask(ChatRequest(text="?")) for _ in range(50)))
    finally:
        await model.close()
        print("closed")

asyncio.run(main())
"""


@pytest.mark.slow
def test_control_c_ends_it_cleanly() -> None:
    with stub_server(lambda _: Answer({}, wait_s=60)) as stub:
        process = subprocess.Popen(
            [
                sys.executable,
                "-X",
                "dev",
                "-W",
                "error::ResourceWarning",
                "-c",
                ASKING,
                stub.spec(),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "default"},
        )
        while stub.running < 32 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=200)
    assert out == "closed\n", err
    assert err.rstrip().endswith("KeyboardInterrupt")
    assert "ResourceWarning" not in err
    assert "never retrieved" not in err

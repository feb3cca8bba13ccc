"""A model whose requests are counted: those that an interruption meets in flight, too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import BudgetReached
from locomo_vqa.models.call_meter import CallMeter, metering, read_model_calls
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest
from locomo_vqa.models.metered import metered
from locomo_vqa.prices import read_prices
from locomo_vqa.runs import Usage

SPEC = "openai:http://127.0.0.1:9/v1?model=m&key=none"
PRICES = """schema_version = 1
[[price]]
models = ["m"]
host = "127.0.0.1:9"
since = 2026-01-01
input = 2.0
output = 10.0
"""
COST = 0.005
"""Of 1,500 tokens in and 200 out."""


class Judge:
    """A model that replies until it is to be silent."""

    name, in_flight = "m", 8

    def __init__(self) -> None:
        self.silent = False
        self.asked = 0

    def identity(self) -> Mapping[str, Any]:
        return {"backend": "test", "model": "m"}

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.asked += 1
        if self.silent:
            await asyncio.Event().wait()  # Only its cancellation ends this.
        usage = Usage(input_tokens=1500, output_tokens=200, calls=1)
        return ChatReply(text="yes", finish="stop", usage=usage)

    async def close(self) -> None:
        pass


class Meter(CallMeter):
    def reached(self) -> BudgetReached:
        return BudgetReached("It is used up.", "Give more.")


async def interrupted(judge: Judge, model: ChatModel, requests: int) -> None:
    """Ask once, and then several times at once; nothing of that comes before it is ended."""
    await model.ask(ChatRequest(text="q"))
    judge.silent = True
    tasks = [asyncio.create_task(model.ask(ChatRequest(text="q"))) for _ in range(requests)]
    while judge.asked <= requests:
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_requests_that_are_interrupted_count_as_expected_later_too(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(PRICES, encoding="utf-8")
    prices, path = read_prices(tmp_path / "prices.toml"), tmp_path / "calls.jsonl"
    judge = Judge()
    with Meter(path, prices, 1.0, busy="") as meter:
        with metering(meter, "score"):
            model = metered(judge, SPEC, role="judge")
        asyncio.run(interrupted(judge, model, 3))
        assert meter.budget.spent == pytest.approx(4 * COST)
    calls = list(read_model_calls(path, schema="reproduction_call", remedy=""))
    assert [call.outcome for call in calls] == ["ok", *3 * ["cancelled"]]
    later = Meter(path, prices, 1.0, busy="")
    for call in calls:
        later.count(call)
    assert later.budget.spent == pytest.approx(4 * COST)


def test_a_list_that_cannot_be_written_keeps_no_request_from_ending(tmp_path: Path) -> None:
    """What cancelled it, such as a full disk, is the error that is seen."""
    (tmp_path / "prices.toml").write_text(PRICES, encoding="utf-8")
    (tmp_path / "calls.jsonl").mkdir()  # A folder takes no lines.
    judge, prices = Judge(), read_prices(tmp_path / "prices.toml")
    judge.silent = True

    async def main() -> None:
        with metering(Meter(tmp_path / "calls.jsonl", prices, 1.0, busy=""), "score"):
            task = asyncio.create_task(
                metered(judge, SPEC, role="judge").ask(ChatRequest(text="q"))
            )
        while not judge.asked:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

"""Concurrent work: an error ends all of it."""

from __future__ import annotations

import asyncio

import pytest

from locomo_vqa.models.asking import gather_all


def test_results_are_in_the_order_of_the_work() -> None:
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    async def run() -> list[int]:
        return await gather_all(after(3), after(1), after(2))

    assert asyncio.run(run()) == [3, 1, 2]


def test_an_error_ends_what_is_still_running() -> None:
    ended = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("it fails")

    async def run() -> list[bool]:
        with pytest.raises(ValueError, match="it fails"):
            await gather_all(endless(), fail(), endless())
        return list(ended)

    assert asyncio.run(run()) == [True, True]

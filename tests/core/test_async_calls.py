"""Coroutines run to their end outside and inside of a running event loop."""

from __future__ import annotations

import asyncio

import pytest

from locomo_vqa.async_calls import run_async


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise KeyError("why")


def test_without_a_loop() -> None:
    assert run_async(double(21)) == 42


def test_inside_a_running_loop_as_in_a_notebook() -> None:
    async def cell() -> int:
        return run_async(double(21))

    assert asyncio.run(cell()) == 42


def test_an_error_is_the_caller_s() -> None:
    async def cell() -> None:
        run_async(fail())

    for call in (lambda: run_async(fail()), lambda: asyncio.run(cell())):
        with pytest.raises(KeyError, match="why"):
            call()

"""Sends a model many requests concurrently, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

__all__ = ["gather_bounded"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


async def gather_bounded(
    items: Iterable[_Item], work: Callable[[_Item], Awaitable[_Result]], *, at_once: int
) -> AsyncIterator[tuple[_Item, _Result]]:
    """Yield (item, result) as each is done, with at most `at_once` items in progress.

    Twice a model's `in_flight` keeps it busy while replies are read. Items are taken from the
    iterable only when there is room, so a long iterable takes no extra memory. If `work` raises an
    error, items in progress are cancelled, and the error is raised.
    """
    waiting = iter(items)
    running: dict[asyncio.Task[_Result], _Item] = {}
    try:
        while True:
            while len(running) < at_once:
                try:
                    item = next(waiting)
                except StopIteration:
                    break
                running[asyncio.ensure_future(work(item))] = item
            if not running:
                return
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield running.pop(task), task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

"""Does work concurrently, such as requests to a model; no work is left behind by an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar

__all__ = ["gather_all", "gather_bounded"]

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
        await _end(running)


async def gather_all(*work: Awaitable[_Result]) -> list[_Result]:
    """Return the results in the order given, as `asyncio.gather` does.

    If one raises an error, the others are cancelled, and have ended when the error is raised: what
    they use can be closed then.
    """
    running = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*running)
    finally:
        await _end(running)


async def _end(running: Iterable[asyncio.Future[Any]]) -> None:
    tasks = list(running)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

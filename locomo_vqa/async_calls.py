"""Runs coroutines from synchronous code, including in notebooks."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["run_async"]

T = TypeVar("T")


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine and return its result, even if an event loop is already running.

    Notebook cells run inside an event loop, where `asyncio.run` raises. There the coroutine runs in
    a thread with its own loop, and is cancelled when the cell is interrupted.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    started: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def cancellable() -> T:
        task = asyncio.current_task()
        assert task is not None
        started.append((asyncio.get_running_loop(), task))
        return await work

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(contextvars.copy_context().run, asyncio.run, cancellable())
        try:
            return future.result()
        except BaseException:
            for loop, task in started:
                if not future.done():
                    loop.call_soon_threadsafe(task.cancel)
            raise

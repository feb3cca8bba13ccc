"""Gathers concurrent requests into batches for a model that runs in one thread."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from locomo_vqa.models.chat import ModelError, ModelFailed

__all__ = ["Batcher"]

_GATHER_S = 0.003
"""How long an idle worker waits for more requests after the first."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Job(Generic[_Item, _Result]):
    item: _Item
    loop: asyncio.AbstractEventLoop
    place: asyncio.Future[_Result]

    def settle(self, outcome: _Result | ModelError) -> None:
        """Set the result or the error, unless the caller has given up."""

        def settled() -> None:
            if self.place.done():
                return
            if isinstance(outcome, ModelError):
                self.place.set_exception(outcome)
            else:
                self.place.set_result(outcome)

        with contextlib.suppress(RuntimeError):  # The loop is closed, so the caller is gone.
            self.loop.call_soon_threadsafe(settled)


class Batcher(Generic[_Item, _Result]):
    """Runs `work` on up to `most` items of one `group` at a time.

    The worker thread starts with the first item. A batch that fails is retried item by item,
    so that one item can't fail the others; an item that fails again raises `ModelFailed`. `work`
    may also return an error instead of a result.
    """

    def __init__(
        self,
        work: Callable[[Sequence[_Item]], Sequence[_Result | ModelError]],
        *,
        most: int,
        group: Callable[[_Item], Hashable],
    ) -> None:
        self._work = work
        self._most = most
        self._group = group
        self._jobs: queue.SimpleQueue[_Job[_Item, _Result] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def submit(self, item: _Item) -> _Result:
        """Return the result of one item.

        Raises:
            ModelFailed: the work failed.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="model", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        place: asyncio.Future[_Result] = loop.create_future()
        self._jobs.put(_Job(item, loop, place))
        return await place

    async def close(self) -> None:
        """Finish what is queued, and end the thread."""
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _serve(self) -> None:
        pending: dict[Hashable, list[_Job[_Item, _Result]]] = {}
        more = True
        while more or pending:
            more = self._take_queued(pending, wait=not pending) and more
            if pending:
                group = next(iter(pending))
                waiting = [job for job in pending.pop(group) if not job.place.done()]
                if waiting[self._most :]:
                    pending[group] = waiting[self._most :]
                self._run_batch(list(islice(waiting, self._most)))

    def _take_queued(
        self, pending: dict[Hashable, list[_Job[_Item, _Result]]], *, wait: bool
    ) -> bool:
        """Move queued items to `pending`, by group; return False once the end marker is reached."""
        while True:
            try:
                job = self._jobs.get(block=wait)
            except queue.Empty:
                return True
            if job is None:
                return False
            pending.setdefault(self._group(job.item), []).append(job)
            if wait:
                time.sleep(_GATHER_S)
            wait = False

    def _run_batch(self, jobs: Sequence[_Job[_Item, _Result]]) -> None:
        if not jobs:
            return
        try:
            results = self._work([job.item for job in jobs])
            pairs = list(zip(jobs, results, strict=True))
        except Exception as error:  # noqa: BLE001 - models raise errors of any kind
            if len(jobs) > 1:
                for job in jobs:
                    self._run_batch([job])
            else:
                jobs[0].settle(_as_model_error(error))
            return
        for job, result in pairs:
            job.settle(result)


def _as_model_error(error: Exception) -> ModelError:
    if isinstance(error, ModelError):
        return error
    return ModelFailed(f"the model failed: {type(error).__name__}: {str(error)[:300]}")

"""The driver's side of a model that workers ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any

from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatReply, ChatRequest

from ..questions.asking import AskAbout
from .batches import batches
from .calls import result_of
from .worker import OpenedModel, Opening

__all__ = ["SpreadModel"]

_BATCHES = 4
"""How many batches a worker has at once: while one ends, the others keep the model busy."""


class SpreadModel:
    """A model that is asked about batches of images by workers on several nodes.

    A batch goes to whichever worker has room. So the driver holds a bounded number of them, each
    without images, however many images there are.
    """

    def __init__(
        self, workers: Sequence[Any], ledger: Any, opening: Opening, opened: OpenedModel
    ) -> None:
        self.name = opened.name
        self.in_flight = opened.in_flight * len(workers)
        self.renewed = 0
        """Requests that were asked again, known once the model is closed."""
        self._workers = workers
        self._ledger = ledger
        self._opening = opening
        self._opened = opened

    def identity(self) -> Mapping[str, Any]:
        """Return the model's own identity."""
        return self._opened.identity

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request, which the first worker sends."""
        reply = await result_of(self._ledger.ask.remote(self._opening.role, request, 0))
        assert isinstance(reply, ChatReply)
        return reply

    def reject(self, request: ChatRequest) -> None:
        """Have the reply asked for again by the next command."""
        self._ledger.reject.remote(self._opening.role, request)

    async def spread(
        self, items: Iterable[Any], ask: AskAbout[Any, Any], *, image_of: Callable[[Any], str]
    ) -> AsyncIterator[Any]:
        """Yield the result of each item, batch by batch.

        If a batch fails, or this is cancelled, the workers that have batches are killed. Were their
        requests cancelled, one after the other, those that wait would be sent in their places.
        """
        import ray

        free: asyncio.Queue[Any] = asyncio.Queue()
        for worker in _BATCHES * list(self._workers):
            free.put_nowait(worker)

        async def run(batch: Sequence[Any]) -> Sequence[Any]:
            worker = free.get_nowait()
            try:
                done = worker.run.remote(self._opening, self._opened, ask, batch)
                results: Sequence[Any] = await result_of(done)
                return results
            except asyncio.CancelledError:
                ray.kill(worker)
                raise
            finally:
                free.put_nowait(worker)

        least = max(1, self._opened.in_flight // 2)
        cut = batches(items, image_of, least=least)
        async for _, results in gather_bounded(cut, run, at_once=free.qsize()):
            for result in results:
                yield result

    async def close(self) -> None:
        """Leave the workers' models to the pool."""

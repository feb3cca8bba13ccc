"""Limits the requests in flight: fewer while a server is busy, then slowly more again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

__all__ = ["Limiter", "Slot"]


@dataclass(slots=True)
class Slot:
    """A running request."""

    era: int
    """How many times the limit had been halved when the request began."""
    busy: bool = False
    """Set by a request that learned that the server is busy."""


class Limiter:
    """Lets at most `limit` requests run, first come, first served.

    A request that finds the server busy halves the limit, once for all that ran at the same time;
    `limit` successful requests raise it by one, up to `most`.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = most
        self.running = 0
        self._era = 0
        self._good = 0
        self._resume_at = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[Slot]:
        """Wait for a free slot, and free it when the block ends."""
        await self._acquire()
        slot = Slot(self._era)
        try:
            yield slot
        except BaseException:
            self._release(slot, good=False)
            raise
        self._release(slot, good=True)

    def pause(self, seconds: float) -> None:
        """Hold back new requests for that long."""
        self._resume_at = max(self._resume_at, asyncio.get_running_loop().time() + seconds)

    async def _acquire(self) -> None:
        if not self._waiting and self._free():
            self.running += 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        self._wake()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.running -= 1
            self._wake()
            raise

    def _release(self, slot: Slot, *, good: bool) -> None:
        self.running -= 1
        if slot.busy:
            if slot.era == self._era:
                self._era += 1
                self._good = 0
                self.limit = max(1, self.limit // 2)
        elif good:
            self._good += 1
            if self._good >= self.limit:
                self._good = 0
                self.limit = min(self.most, self.limit + 1)
        self._wake()

    def _free(self) -> bool:
        paused = self._resume_at > asyncio.get_running_loop().time()
        return self.running < self.limit and not paused

    def _wake(self) -> None:
        while self._waiting and self._free():
            place = self._waiting.popleft()
            if not place.done():
                self.running += 1
                place.set_result(None)
        loop = asyncio.get_running_loop()
        if self._waiting and self._resume_at > loop.time():
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = loop.call_at(self._resume_at, self._wake)

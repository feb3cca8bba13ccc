"""The actor of a node: runs conversations in threads, and streams their outcomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from locomo_vqa.benchmark.questions import Question

from ..cancellation import CancelScope
from ..here import Here, kept_folder
from ..metering import Meter
from ..work_folder import collect_leftovers
from .metered import DeskBudget, DeskFiles, of_desk
from .streamed import Event, StreamedOutcomes
from .work import NodeWork, check_same_toolkit

__all__ = ["Node"]


class Node:
    """Runs a run's conversations on one node.

    What it needs it gets from the desk with its first conversation, so Ray may start it again on
    another node at any time.
    """

    def __init__(self) -> None:
        self._opening = asyncio.Lock()
        self._opened: _Opened | None = None
        self._running: dict[str, _Running] = {}
        self._threads = ThreadPoolExecutor(1000, thread_name_prefix="conversation")

    async def where(self) -> str:
        """Return the id of the node that this runs on, once it does."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    async def converse(
        self, desk: Any, name: str, questions: Sequence[Question]
    ) -> AsyncIterator[tuple[str, tuple[Any, ...]]]:
        """Run one conversation, and yield calls of methods of `Outcomes`.

        The last one is `done`, with whether every question was asked. What is yielded goes on when
        the run takes it, so behind an outcome that is waited for comes `recorded`, which the run
        takes once it has recorded that outcome.

        Raises:
            as `Place.converse`.
        """
        opened = await self._open(desk)
        await self._end_earlier(name)
        loop, scope = asyncio.get_running_loop(), CancelScope()
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        outcomes = StreamedOutcomes(loop, queue, scope, opened.flush)
        work = loop.run_in_executor(
            self._threads, opened.converse, name, questions, outcomes, scope
        )
        running = self._running[name] = _Running(scope, work)
        work.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                yield event.method, event.arguments
                if event.awaited:
                    yield "recorded", ()
                    event.recorded.set()
            yield "done", (await work,)
        finally:
            if self._running.get(name) is running:
                del self._running[name]

    async def _end_earlier(self, name: str) -> None:
        """End a conversation that the run lost sight of, such as when a connection broke."""
        earlier = self._running.pop(name, None)
        if earlier is not None:
            await asyncio.to_thread(earlier.scope.cancel)
            await asyncio.gather(earlier.work, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel all conversations."""
        for running in list(self._running.values()):
            await asyncio.to_thread(running.scope.cancel)

    async def close(self) -> None:
        """End everything that was started here."""
        await self.stop()
        if self._opened is not None:
            await asyncio.to_thread(self._opened.close)

    async def _open(self, desk: Any) -> _Opened:
        async with self._opening:
            if self._opened is None:
                from ray import cloudpickle

                toolkit, work = await desk.work.remote()
                name = (await self.where())[:8]
                check_same_toolkit(toolkit, name)
                self._opened = await asyncio.to_thread(_Opened, cloudpickle.loads(work), desk, name)
            return self._opened


@dataclass(frozen=True, slots=True)
class _Running:
    """A conversation that is being run."""

    scope: CancelScope
    """Cancels it."""
    work: asyncio.Future[bool]
    """Ends with it."""


class _Opened:
    """A run on this node, with its metering proxy."""

    def __init__(self, work: NodeWork, desk: Any, node: str) -> None:
        work.prepare(node)
        self._desk = desk
        self._out = work.plan.out
        self._files = DeskFiles(desk)
        self._stack = ExitStack()
        self._meter = self._stack.enter_context(
            Meter(
                work.plan.services,
                work.plan.out,
                work.metering,
                files=self._files,
                budget=DeskBudget(desk, work.metering.budget),
            )
        )
        plan = replace(
            work.plan,
            services_for=self._meter.services_for,
            requests_of=self._meter.requests_of,
            has_read=self._meter.ask,
            budget=self._meter.budget,
        )
        self._here = self._stack.enter_context(Here(plan, CancelScope()))

    def converse(
        self,
        name: str,
        questions: Sequence[Question],
        outcomes: StreamedOutcomes,
        scope: CancelScope,
    ) -> bool:
        """Run one conversation; everything that it wrote is at the desk when this returns."""
        collect_leftovers(kept_folder(self._out, name))
        self._files.begin(name)
        whole = self._here.converse(name, questions, outcomes, scope)
        self.flush()
        return whole

    def flush(self) -> None:
        """Return when all calls so far are counted, and their replies recorded.

        Raises:
            LocomoVqaError: one could not be.
        """
        self._meter.check()
        of_desk(self._desk.check.remote())

    def close(self) -> None:
        """End the proxy and the models."""
        self._stack.close()

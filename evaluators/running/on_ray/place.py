"""Gives the conversations of a run to the nodes of a cluster, and records what comes back."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from locomo_vqa.benchmark.questions import Question
from locomo_vqa.budget import Budget
from locomo_vqa.errors import MissingResource
from locomo_vqa.toolkit_code import toolkit_code
from locomo_vqa.workers import Workers, connected

from ..cancellation import CancelScope
from ..metering import Meter
from ..metering_settings import MeteringSettings
from ..outcomes import RecordedOutcomes
from ..plan import Plan
from .desk import Desk
from .metered import answer_of, of_desk
from .starting import settled_node, start_node, wait_for_node
from .work import NodeWork, variables_of

__all__ = ["RayPlaces"]

_END_S = 10.0
_MOST_LOSSES = 3
"""How often a conversation may lose its node without another answer in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RayPlaces:
    """Makes the place of a run: a `MakePlace`."""

    workers: Workers
    """The cluster."""
    meter: Meter
    """The run's meter, which counts nothing itself."""
    metering: MeteringSettings
    """How the nodes count."""
    env: tuple[str, ...]
    """The names of the environment variables to pass on."""

    def __call__(self, plan: Plan, scope: CancelScope) -> RayPlace:
        """Return the place."""
        return RayPlace(self, plan, scope)


class _Lost(Exception):
    """The node that ran a conversation is gone."""


class RayPlace:
    """An actor on each node, each of which runs `jobs` conversations at once: a `Place`."""

    def __init__(self, places: RayPlaces, plan: Plan, scope: CancelScope) -> None:
        self._places = places
        self._plan = plan
        self._scope = scope
        self._stack = ExitStack()
        self._free: queue.Queue[Any] = queue.Queue()
        self._nodes: list[Any] = []
        self._desk: Any = None
        self._synced = 0.0
        self._killer: threading.Timer | None = None

    @property
    def jobs(self) -> int:
        """As many on each node as the plan says."""
        return len(self._nodes) * self._plan.jobs

    def __enter__(self) -> Self:
        """Start the actors.

        Raises:
            MissingResource: a node can't be used.
            InputError, OutputError: a file of the run can't be used.
        """
        import ray

        cluster = self._stack.enter_context(connected(self._places.workers))
        try:
            here = cluster.on(cluster.own_node, only=True)
            self._desk = ray.remote(Desk).options(num_cpus=0, **here).remote()
            names = cluster.nodes
            self._nodes = [start_node(cluster, name) for name in names]
            self._open_desk()
            for number, name in enumerate(names):
                self._nodes[number] = settled_node(cluster, name, self._nodes[number])
        except BaseException:
            self._end()
            raise
        for _ in range(self._plan.jobs):
            for node in self._nodes:
                self._free.put(node)
        self._stack.enter_context(self._scope.on_cancel(self._stop))
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def converse(
        self, name: str, questions: Sequence[Question], outcomes: RecordedOutcomes
    ) -> bool:
        """Run one conversation on a node; on another, without what was answered, if it is lost."""
        node = self._free.get()
        left, losses = list(questions), 0
        try:
            while left:
                answered: set[str] = set()
                try:
                    whole = self._follow(node, name, left, outcomes, answered)
                    self._sync(at_most_every_s=0.0)
                    return whole
                except _Lost as lost:
                    self._scope.raise_if_cancelled()
                    outcomes.lost(name, str(lost))
                    left = [question for question in left if question.id not in answered]
                    losses = 0 if answered else losses + 1
                    if losses >= _MOST_LOSSES:
                        raise _lost_again(name, lost) from None
                    wait_for_node(node)
            return True
        finally:
            self._free.put(node)

    def _follow(
        self,
        node: Any,
        name: str,
        questions: Sequence[Question],
        outcomes: RecordedOutcomes,
        answered: set[str],
    ) -> bool:
        """Record what a node reports, and return whether every question was asked.

        The node waits after each answer until the run takes what follows it: the answer is in the
        journal when its thread goes on.
        """
        import ray

        options = {"num_returns": "streaming", "_generator_backpressure_num_objects": 1}
        stream = node.converse.options(**options).remote(self._desk, name, questions)
        try:
            for reference in stream:
                method, arguments = answer_of(reference)
                if method == "done":
                    return bool(arguments[0])
                if method == "recorded":
                    continue
                getattr(outcomes, method)(*arguments)
                if method == "answered":
                    answered.add(arguments[1].question_id)
                    self._sync(at_most_every_s=1.0)
        except ray.exceptions.RayError as error:
            raise _Lost(str(error).strip().partition("\n")[0].partition(": RpcError")[0]) from None
        raise _Lost("it ended without a word")

    def _open_desk(self) -> None:
        from ray import cloudpickle

        places, plan = self._places, self._plan
        work = NodeWork.of(
            plan,
            places.metering,
            variables=variables_of(places.env),
        )
        metered = places.metering.meter and plan.services.llm is not None
        of_desk(
            self._desk.open.remote(
                cloudpickle.dumps(work),
                toolkit_code(),
                places.meter.calls if metered else None,
                places.meter.stores if metered else (),
                plan.budget,
            )
        )

    def _sync(self, *, at_most_every_s: float) -> None:
        """Learn what was spent so far."""
        now = time.monotonic()
        if now < self._synced + at_most_every_s:
            return
        self._synced = now
        spent: Budget = of_desk(self._desk.budget.remote())
        self._plan.budget.adopt(spent)

    def _stop(self) -> None:
        """Cancel all conversations; what does not end soon is killed."""
        import ray

        for node in self._nodes:
            with contextlib.suppress(ray.exceptions.RayError):
                node.stop.remote()
        self._killer = threading.Timer(_END_S, self._kill)
        self._killer.daemon = True
        self._killer.start()

    def _kill(self) -> None:
        import ray

        for node in self._nodes:
            with contextlib.suppress(Exception):
                ray.kill(node)

    def _end(self) -> None:
        """End the actors; what a node is still doing is lost."""
        import ray

        with self._stack, contextlib.suppress(ray.exceptions.RayError):
            if self._killer is not None:
                self._killer.cancel()
            closing = [node.close.remote() for node in self._nodes]
            if closing:
                ray.wait(closing, num_returns=len(closing), timeout=_END_S)
            self._kill()
            if self._desk is not None:
                ray.get(self._desk.close.remote(), timeout=_END_S)
                ray.kill(self._desk)


def _lost_again(name: str, lost: _Lost) -> MissingResource:
    return MissingResource(
        f"The nodes that ran {name} were lost {_MOST_LOSSES} times in a row ({lost}).",
        "What was answered is kept: see whether the nodes have enough memory, and whether the "
        "system ends its own process; then repeat the run.",
    )

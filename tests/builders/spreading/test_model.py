"""The driver's side of a model that workers ask: what it holds at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from locomo_vqa.builders.spreading.model import SpreadModel
from locomo_vqa.builders.spreading.worker import OpenedModel, Opening

pytest.importorskip("ray")

OPENING = Opening(role="generator", spec="embedded:large")
OPENED = OpenedModel(name="m", in_flight=4, identity={"model": "m"})


class Method:
    """A worker's method, which returns its items in turn."""

    def __init__(self) -> None:
        self.calls: list[tuple[Sequence[int], asyncio.Future[Sequence[int]]]] = []

    def remote(
        self, opening: Opening, opened: OpenedModel, ask: Any, items: Sequence[int]
    ) -> asyncio.Future[Sequence[int]]:
        result: asyncio.Future[Sequence[int]] = asyncio.get_running_loop().create_future()
        self.calls.append((items, result))
        return result


class Worker:
    def __init__(self) -> None:
        self.run = Method()


async def _spread(images: int) -> tuple[int, list[int]]:
    """Return the most items that were taken and not yet returned, and what was returned."""
    workers = [Worker(), Worker()]
    model = SpreadModel(workers, None, OPENING, OPENED)
    taken, most, returned = 0, 0, list[int]()

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(3 * images):
            taken += 1
            yield number

    async def work() -> None:
        """Finish the latest batch of each worker, so that they end in another order."""
        while True:
            await asyncio.sleep(0)
            for worker in workers:
                if worker.run.calls:
                    batch, result = worker.run.calls.pop()
                    result.set_result(batch)

    working = asyncio.create_task(work())
    async for item in model.spread(items(), None, image_of=lambda number: str(number // 3)):
        most = max(most, taken - len(returned))
        returned.append(item)
    working.cancel()
    return most, returned


def test_what_the_driver_holds_does_not_grow_with_the_number_of_images() -> None:
    small, returned = asyncio.run(_spread(30))
    assert sorted(returned) == list(range(90))
    large, returned = asyncio.run(_spread(3000))
    assert sorted(returned) == list(range(9000))
    assert large <= small <= 2 * 4 * 3 + 3


def test_requests_at_once_are_those_of_all_workers() -> None:
    assert SpreadModel([Worker(), Worker()], None, OPENING, OPENED).in_flight == 8


def test_workers_are_killed_when_it_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[Worker] = []
    monkeypatch.setattr("ray.kill", killed.append)
    workers = [Worker(), Worker(), Worker()]

    async def spread() -> None:
        model = SpreadModel(workers, None, OPENING, OPENED)
        async for _ in model.spread(range(4), None, image_of=lambda number: str(number // 2)):
            raise AssertionError("no batch is done")

    async def main() -> None:
        spreading = asyncio.create_task(spread())
        while not workers[1].run.calls:
            await asyncio.sleep(0)
        spreading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await spreading

    asyncio.run(main())
    assert killed == workers[:2]  # The third had nothing to do.

"""The batcher: what runs together, and what a failure spoils."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from locomo_vqa.models.batching import Batcher
from locomo_vqa.models.chat import ModelError, ModelFailed


def run(
    items: Sequence[int],
    work: Callable[[Sequence[int]], Sequence[int | ModelError]],
    *,
    most: int = 4,
) -> list[int | BaseException]:
    queued = threading.Event()

    def work_once_all_are_there(items: Sequence[int]) -> Sequence[int | ModelError]:
        queued.wait(60)
        return work(items)

    async def main() -> list[int | BaseException]:
        batcher: Batcher[int, int] = Batcher(
            work_once_all_are_there, most=most, group=lambda item: item % 2
        )
        tasks = [asyncio.create_task(batcher.submit(item)) for item in items]
        await asyncio.sleep(0)
        queued.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await batcher.close()
        assert not any(thread.name == "model" for thread in threading.enumerate())
        return outcomes

    return asyncio.run(main())


def test_batches_are_full_and_of_one_group() -> None:
    batches: list[list[int]] = []

    def work(items: Sequence[int]) -> list[int | ModelError]:
        batches.append(list(items))
        return [item * 10 for item in items]

    assert run(range(40), work) == [item * 10 for item in range(40)]
    assert all(len({item % 2 for item in batch}) == 1 for batch in batches)
    assert max(map(len, batches)) <= 4
    assert len(batches) <= 14


def test_one_bad_item_spoils_no_other() -> None:
    def work(items: Sequence[int]) -> list[int | ModelError]:
        if 6 in items:
            raise ValueError("six")
        return [ModelFailed("eight") if item == 8 else item for item in items]

    outcomes = run(range(12), work)
    assert [o for o in outcomes if isinstance(o, int)] == [0, 1, 2, 3, 4, 5, 7, 9, 10, 11]
    assert isinstance(outcomes[6], ModelFailed)
    assert "ValueError: six" in str(outcomes[6])
    assert str(outcomes[8]) == "eight"


def test_too_few_results_are_a_failure() -> None:
    outcomes = run([1], lambda items: [])
    assert isinstance(outcomes[0], ModelFailed)


def test_what_nobody_waits_for_is_not_worked_on() -> None:
    worked: list[int] = []
    gate = threading.Event()

    def work(items: Sequence[int]) -> list[int | ModelError]:
        gate.wait(60)
        worked.extend(items)
        return list(items)

    async def main() -> None:
        batcher: Batcher[int, int] = Batcher(work, most=1, group=lambda item: 0)
        tasks = [asyncio.create_task(batcher.submit(item)) for item in range(5)]
        await asyncio.sleep(0.05)
        for task in tasks[2:]:
            task.cancel()
        await asyncio.sleep(0)
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await tasks[4]
        assert [await task for task in tasks[:2]] == [0, 1]
        await batcher.close()

    asyncio.run(main())
    assert worked == [0, 1]


def test_a_caller_whose_loop_is_closed_spoils_no_other() -> None:
    """Such as where Ctrl-C ended a call in a notebook while the model was at work."""
    began, go_on = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int | ModelError]:
        began.set()
        go_on.wait(60)
        return list(items)

    batcher: Batcher[int, int] = Batcher(work, most=1, group=lambda item: 0)

    async def leave() -> None:
        waiting = asyncio.create_task(batcher.submit(1))
        await asyncio.to_thread(began.wait, 60)
        waiting.cancel()

    async def main() -> int:
        found = asyncio.create_task(batcher.submit(2))
        await asyncio.sleep(0)
        go_on.set()
        result = await found
        await batcher.close()
        return result

    asyncio.run(leave())
    assert asyncio.run(main()) == 2

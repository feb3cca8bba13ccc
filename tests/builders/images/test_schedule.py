"""Who is asked next: bounds and pauses by host, and no worker idle while another host is free."""

from __future__ import annotations

import asyncio

import pytest

from locomo_vqa.builders.images.schedule import HostQueue, Job


def job(host: str, number: int = 0) -> Job:
    return Job(url=f"http://{host}/{number}", host=host)


def test_a_busy_host_holds_up_nobody() -> None:
    async def run() -> list[str]:
        jobs = [*(job("busy", n) for n in range(5)), job("other")]
        queue = HostQueue(jobs, per_host=2)
        taken = [await queue.get() for _ in range(3)]
        return [each.host for each in taken if each]

    assert sorted(asyncio.run(run())) == ["busy", "busy", "other"]


@pytest.mark.slow
def test_the_longer_of_two_pauses_counts() -> None:
    async def run() -> tuple[float, float]:
        queue = HostQueue([job("a", 1), job("a", 2), job("a", 3)], per_host=2)
        first, second = await queue.get(), await queue.get()
        assert first
        assert second
        began = asyncio.get_running_loop().time()
        queue.again(first, delay=0.05, pause_host=True)
        queue.again(second, delay=0.3, pause_host=True)
        third = await queue.get()
        assert third
        waited = asyncio.get_running_loop().time() - began
        queue.done(third)
        for _ in range(2):
            again = await queue.get()
            assert again
            queue.done(again)
        assert await queue.get() is None
        return waited, again.tries

    waited, tries = asyncio.run(run())
    assert waited > 0.29
    assert tries == 2


def test_all_workers_end() -> None:
    async def run() -> int:
        queue = HostQueue([job("a", n) for n in range(10)], per_host=1)
        count = 0

        async def work() -> None:
            nonlocal count
            while (taken := await queue.get()) is not None:
                await asyncio.sleep(0)
                count += 1
                if taken.tries == 1:
                    queue.again(taken, delay=0.001, pause_host=False)
                else:
                    queue.done(taken)

        await asyncio.wait_for(asyncio.gather(*(work() for _ in range(8))), 5)
        return count

    assert asyncio.run(run()) == 20

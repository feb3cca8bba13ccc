"""Decodes images in a few worker processes.

A file crafted to break a decoder then takes down a worker, not the run: a crash, a hang or
excessive memory use is recorded as that image's state.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from locomo_vqa.errors import MissingResource
from locomo_vqa.images import ImageFacts, ImageRejection

__all__ = ["Inspectors"]

_COMMAND = (sys.executable, "-P", "-m", f"{__package__}.inspect_worker")
_TRIES = 2
"""A worker can also be killed because other programs need memory, so one crash proves nothing."""


class Inspectors:
    """A pool of workers that run `inspect_image`."""

    def __init__(
        self,
        *,
        max_pixels: int,
        workers: int | None = None,
        seconds: float = 60,
        command: Sequence[str] = _COMMAND,
    ) -> None:
        """Prepare the pool; workers start on first use.

        `seconds` is the time limit for one image. `command` starts a worker.
        """
        self._max_pixels = max_pixels
        self._seconds = seconds
        count = workers or max(1, min(4, (os.cpu_count() or 1) - 1))
        self._all = [_Worker(command) for _ in range(count)]
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._all:
            self._idle.put_nowait(worker)

    async def inspect(self, path: Path) -> ImageFacts | ImageRejection:
        """Return the facts of the image in a file, or why it is rejected.

        Raises:
            MissingResource: a worker can't be started.
        """
        worker = await self._idle.get()
        try:
            problem = ""
            for _ in range(_TRIES):
                answer = await self._ask_worker(worker, path)
                if not isinstance(answer, str):
                    return answer
                problem = answer
            return ImageRejection(state="not_an_image", detail=problem)
        finally:
            self._idle.put_nowait(worker)

    async def _ask_worker(self, worker: _Worker, path: Path) -> ImageFacts | ImageRejection | str:
        asked = {"path": str(path), "max_pixels": self._max_pixels}
        try:
            async with asyncio.timeout(self._seconds):
                answer = await worker.ask(asked)
        except TimeoutError:
            await worker.stop()
            return "decoding it takes too long"
        except (OSError, EOFError, ValueError):
            await worker.stop()
            return "decoding it fails"
        except BaseException:
            await worker.stop()
            raise
        if "facts" in answer:
            return ImageFacts(**answer["facts"])
        return ImageRejection(**answer["refusal"])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self._all:
            await worker.stop()


class _Worker:
    """One process, started on first use and restarted after a crash."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    async def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        process = self._process or await self._start()
        assert process.stdin is not None
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        await process.stdin.drain()
        answer: dict[str, Any] = json.loads(await _read_line(process))
        return answer

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        # One thread of linear algebra is enough for 32 × 32 pixels, and uses less memory.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, env=environment
        )
        try:
            await _read_line(self._process)
        except EOFError:
            raise MissingResource(
                "The process that decodes images can't be started.",
                f"Try `{' '.join(self._command)}`, which shows why.",
            ) from None
        return self._process

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            if process.stdin is not None:
                process.stdin.close()
            await process.communicate()


async def _read_line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    return line

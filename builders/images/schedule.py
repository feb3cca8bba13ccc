"""Decides what to download next: many hosts at once, a few requests each, with pauses."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["HostQueue", "Job"]


@dataclass(slots=True, kw_only=True)
class Job:
    """A URL to download."""

    url: str
    """The URL."""
    host: str
    """The host whose limit it counts towards."""
    tries: int = 0
    """The number of attempts so far."""


@dataclass(slots=True)
class _Host:
    jobs: deque[Job] = field(default_factory=deque)
    active: int = 0
    pauses: int = 0
    offered: bool = False


class HostQueue:
    """Assigns jobs so that no host serves more than `per_host` at once.

    A worker never waits for a busy host while another is free, and a job that must wait blocks no
    worker.
    """

    def __init__(self, jobs: Iterable[Job], *, per_host: int) -> None:
        self._per_host = per_host
        self._hosts: dict[str, _Host] = {}
        self._ready: deque[_Host] = deque()
        self._open = 0
        self._changed = asyncio.Event()
        for job in jobs:
            host = self._hosts.setdefault(job.host, _Host())
            host.jobs.append(job)
            self._open += 1
            self._offer_if_free(host)

    async def get(self) -> Job | None:
        """Return the next job that may begin, or None when all are finished."""
        while self._open:
            if self._ready:
                host = self._ready.popleft()
                host.offered = False
                if host.pauses or not host.jobs:
                    continue
                job = host.jobs.popleft()
                job.tries += 1
                host.active += 1
                self._offer_if_free(host)
                return job
            self._changed.clear()
            await self._changed.wait()
        return None

    def done(self, job: Job) -> None:
        """Mark a job as finished."""
        self._open -= 1
        self._release_host(job)

    def again(self, job: Job, *, delay: float, pause_host: bool) -> None:
        """Try a job again after `delay` seconds, and optionally pause its host as well."""
        host = self._hosts[job.host]
        host.pauses += pause_host
        self._release_host(job)
        asyncio.get_running_loop().call_later(delay, self._resume_job, job, pause_host)

    def _resume_job(self, job: Job, pause_host: bool) -> None:
        host = self._hosts[job.host]
        host.pauses -= pause_host
        host.jobs.append(job)
        self._offer_if_free(host)
        self._changed.set()

    def _release_host(self, job: Job) -> None:
        host = self._hosts[job.host]
        host.active -= 1
        self._offer_if_free(host)
        self._changed.set()

    def _offer_if_free(self, host: _Host) -> None:
        free = host.jobs and host.active < self._per_host and not host.pauses
        if free and not host.offered:
            host.offered = True
            self._ready.append(host)
            self._changed.set()

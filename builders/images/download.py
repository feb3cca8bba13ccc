"""All downloads of a run: bounded, retried if that may help, and recorded one by one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import httpx

from locomo_vqa._version import __version__
from locomo_vqa.arguments import check_number
from locomo_vqa.images import MAX_IMAGE_BYTES, MAX_PIXELS, PIXELS_CEILING

from .addresses import Addresses, Blocked, parse_url
from .attempt import DownloadAttempt, Downloader
from .inspecting import Inspectors
from .outcome import ImageOutcome
from .schedule import HostQueue, Job
from .store import ImageStore
from .transport import Network

__all__ = ["USER_AGENT", "DownloadSettings", "download_all", "host_of"]

USER_AGENT = f"locomo-vqa/{__version__} (builds a research data set; asks once for each image)"
"""The user agent that hosts see in their logs."""

_HEADERS = {
    "User-Agent": USER_AGENT,
    "Accept": "image/jpeg, image/png, image/webp, image/*;q=0.8, */*;q=0.5",
    "Accept-Encoding": "identity",
}
_ASKED_FOR_SIGNS_OF_LIFE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadSettings:
    """Limits on downloads."""

    max_bytes: int = 20 << 20
    """The most bytes of one image; the rest of a larger one is not read."""
    max_pixels: int = MAX_PIXELS
    """The most pixels of one image."""
    per_host: int = 4
    """The most concurrent downloads from one host."""
    in_flight: int = 32
    """The most concurrent downloads in all."""
    timeout: float = 60.0
    """The time limit of one attempt, in seconds."""
    connect_timeout: float = 10.0
    """The time limit for connecting to a host, in seconds."""
    read_timeout: float = 20.0
    """How many seconds a host may stay silent."""
    attempts: int = 4
    """How many times to try a URL whose host answers 429 or 5xx, or drops the connection."""
    backoff: float = 1.0
    """The pause before the second attempt, in seconds; each later pause is twice as long."""
    longest_wait: float = 60.0
    """The longest `Retry-After` to honour, in seconds; other hosts are left for another run."""
    addresses: Addresses = field(default_factory=Addresses)
    """Which addresses may be opened."""

    def check(self) -> None:
        """Check every bound.

        Raises:
            InputError: a value is not a number, or is out of range.
        """
        whole = {"max_bytes": MAX_IMAGE_BYTES, "max_pixels": PIXELS_CEILING, "per_host": None}
        for name, high in {**whole, "in_flight": 1000, "attempts": 100}.items():
            check_number(name, getattr(self, name), low=1, high=high or inf, whole=True)
        for name in ("timeout", "connect_timeout", "read_timeout"):
            check_number(name, getattr(self, name), low=0.1)

    def deciding(self) -> Mapping[str, Any]:
        """Return the settings that affect final outcomes; if they change, URLs are retried."""
        return {
            "max_bytes": self.max_bytes,
            "max_pixels": self.max_pixels,
            "allow_private": self.addresses.allow_private,
            "allowed": sorted(map(list, self.addresses.allowed)),
        }


def host_of(url: str) -> str:
    """Return a URL's host for display, or "" if it has none."""
    try:
        return parse_url(url).host
    except httpx.InvalidURL:
        return ""


async def download_all(
    urls: Iterable[str],
    *,
    store: ImageStore,
    inspectors: Inspectors,
    settings: DownloadSettings,
    known_urls: Iterable[str] = (),
    step: Callable[[], None] = lambda: None,
) -> dict[str, ImageOutcome]:
    """Download images into the store, and return every URL's outcome.

    Unreachable hosts are retried at the end. Their images count as unavailable
    only if the network works: if a host that answered, now or for one of `known_urls`, accepts a
    connection.

    Raises:
        OutputError: the disk is full or can't be written; finished images are kept.
    """
    # Name servers may be slow: with asyncio's few threads, a few dead hosts would block all others.
    resolvers = ThreadPoolExecutor(settings.in_flight, thread_name_prefix="resolve")
    asyncio.get_running_loop().set_default_executor(resolvers)
    async with Network(
        settings.addresses,
        connections=settings.in_flight,
        connect_timeout=min(settings.connect_timeout, settings.timeout),
        read_timeout=min(settings.read_timeout, settings.timeout),
        headers=_HEADERS,
    ) as network:
        fetcher = Downloader(
            network,
            store,
            inspectors,
            addresses=settings.addresses,
            max_bytes=settings.max_bytes,
            seconds=settings.timeout,
        )
        run = _Run(fetcher, store, settings, known_urls, step)
        await run.round(urls)
        if run.unreached:
            await run.round(list(run.unreached))
            await run.settle()
    return run.outcomes


class _Run:
    def __init__(
        self,
        fetcher: Downloader,
        store: ImageStore,
        settings: DownloadSettings,
        known_urls: Iterable[str],
        step: Callable[[], None],
    ) -> None:
        self.outcomes: dict[str, ImageOutcome] = {}
        self.unreached: dict[str, ImageOutcome] = {}
        self._answered = dict.fromkeys(map(_origin, known_urls))
        self._fetcher = fetcher
        self._store = store
        self._settings = settings
        self._step = step

    async def round(self, urls: Iterable[str]) -> None:
        """Try every URL, as many times as its host's responses call for."""
        jobs = [Job(url=url, host=host_of(url)) for url in urls]
        queue = HostQueue(jobs, per_host=self._settings.per_host)
        workers = min(self._settings.in_flight, len(jobs))
        with _first_error():
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._work_off_queue(queue))

    async def _work_off_queue(self, queue: HostQueue) -> None:
        while (job := await queue.get()) is not None:
            attempt = await self._fetcher.attempt(job.url)
            delay = self._delay_before_retry(job, attempt)
            if delay is not None:
                queue.again(job, delay=delay, pause_host=attempt.wait is not None)
                continue
            if attempt.again == "unreached":
                self.unreached[job.url] = attempt.outcome
            else:
                self.unreached.pop(job.url, None)
                if attempt.outcome.state == "ok":
                    self._answered[_origin(job.url)] = None
                await self._finish(job.url, attempt.outcome)
            queue.done(job)

    def _delay_before_retry(self, job: Job, attempt: DownloadAttempt) -> float | None:
        """Return the pause before the next attempt; None if this was the last."""
        if attempt.again != "later" or job.tries >= self._settings.attempts:
            return None
        if attempt.wait is None:
            return self._settings.backoff * 2.0 ** (job.tries - 1)
        return attempt.wait if attempt.wait <= self._settings.longest_wait else None

    async def _finish(self, url: str, outcome: ImageOutcome) -> None:
        await self._store.finish(url, outcome)
        self.outcomes[url] = outcome
        self._step()

    async def settle(self) -> None:
        """Record the unreachable URLs as unavailable, or leave them for another run."""
        there = await self._network_is_there()
        for url, outcome in self.unreached.items():
            await self._finish(url, outcome if there else replace(outcome, state="not_fetched"))

    async def _network_is_there(self) -> bool:
        for origin in list(reversed(self._answered))[:_ASKED_FOR_SIGNS_OF_LIFE]:
            if await self._takes_connections(httpx.URL(origin)):
                return True
        return False

    async def _takes_connections(self, origin: httpx.URL) -> bool:
        port = origin.port or (443 if origin.scheme == "https" else 80)
        with contextlib.suppress(OSError, TimeoutError, Blocked):
            async with asyncio.timeout(self._settings.connect_timeout):
                for address in await self._settings.addresses.find(origin.host, port):
                    _, writer = await asyncio.open_connection(address, port)
                    writer.close()
                    await writer.wait_closed()
                    return True
        return False


def _origin(url: str) -> str:
    parsed = httpx.URL(url)
    return str(parsed.copy_with(raw_path=b"/", fragment=None))


@contextlib.contextmanager
def _first_error() -> Iterator[None]:
    """Raise the first error of a task group instead of the exception group."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None

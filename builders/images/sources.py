"""Finds a benchmark's images: in earlier runs, in the benchmark, in a mirror or on their hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, ImageRecord
from locomo_vqa.images import ImageRejection

from .bodies import PIECE, Undecodable, decode_data_uri
from .download import DownloadSettings, download_all
from .inspecting import Inspectors
from .mirror import ImageMirror, read_all
from .outcome import ImageOutcome, TooLarge
from .store import ImageStore

__all__ = ["ImageSources", "with_outcome"]

_FINAL = {"ok", "no_url", "bytes_changed", "shared_across_splits"}
"""States that another attempt would not change."""


class ImageSources:
    """Finds the outcome of every image, from whichever source has it."""

    def __init__(
        self,
        benchmark: Benchmark,
        store: ImageStore,
        settings: DownloadSettings,
        mirror: ImageMirror | None,
        progress: Callable[[int, int], None],
    ) -> None:
        """`progress` is called with the numbers of finished URLs and of all URLs."""
        self._benchmark = benchmark
        self._store = store
        self._settings = settings
        self._mirror = mirror
        self._progress = progress
        self._done = 0
        self._total = 0

    async def records(self) -> list[ImageRecord]:
        """Return every record with its outcome."""
        wanted = [r.url for r in self._benchmark.images if r.url and r.state not in _FINAL]
        finished = {url: found for url in wanted if (found := self._store.finished(url))}
        open_ = [url for url in wanted if url not in finished]
        self._done, self._total = len(finished), len(wanted)
        self._progress(self._done, self._total)
        async with Inspectors(max_pixels=self._settings.max_pixels) as inspectors:
            outcomes = {**finished, **await self._obtain_images(open_, finished, inspectors)}
            return [
                await self._complete_record(record, inspectors)
                if record.state == "ok"
                else with_outcome(record, outcomes.get(record.url or ""))
                for record in self._benchmark.images
            ]

    async def _obtain_images(
        self, urls: Sequence[str], finished: Mapping[str, ImageOutcome], inspectors: Inspectors
    ) -> dict[str, ImageOutcome]:
        held = [url for url in urls if url[:5].lower() == "data:"]
        outcomes = {}
        for url in held:
            outcomes[url] = await self._decode(url, inspectors)
            await self._store.finish(url, outcomes[url])
            self._report_one()
        away = [url for url in urls if url not in outcomes]
        if self._mirror is not None:
            found = await read_all(
                self._mirror,
                away,
                store=self._store,
                inspectors=inspectors,
                settings=self._settings,
                step=self._report_one,
            )
        else:
            found = await download_all(
                away,
                store=self._store,
                inspectors=inspectors,
                settings=self._settings,
                known_urls=[url for url, each in finished.items() if _is_remote(url, each)],
                step=self._report_one,
            )
        return {**outcomes, **found}

    async def _decode(self, url: str, inspectors: Inspectors) -> ImageOutcome:
        try:
            content = decode_data_uri(url)
            return await self._store.receive(
                _pieces_of(content), limit=self._settings.max_bytes, inspectors=inspectors
            )
        except Undecodable:
            return ImageOutcome(state="not_an_image", detail="its data: URI is broken")
        except TooLarge as large:
            return ImageOutcome(state="too_large", detail=large.detail)

    async def _complete_record(self, record: ImageRecord, inspectors: Inspectors) -> ImageRecord:
        """Complete the record of an image that the source already has."""
        if record.phash is not None or record.width is not None or record.sha256 is None:
            return record
        facts = await inspectors.inspect(self._benchmark.image_path(record.sha256))
        if isinstance(facts, ImageRejection):
            return with_outcome(record, ImageOutcome(state=facts.state, detail=facts.detail))
        return replace(record, width=facts.width, height=facts.height, phash=facts.phash)

    def _report_one(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)

    def files(self, records: Sequence[ImageRecord]) -> dict[str, Path]:
        """Return the file of every record with the state `ok`."""
        available = {record.sha256 for record in self._benchmark.images if record.state == "ok"}
        return {
            record.sha256: self._benchmark.image_path(record.sha256)
            if record.sha256 in available
            else self._store.path(record.sha256, record.format)
            for record in records
            if record.sha256 is not None
        }


def with_outcome(record: ImageRecord, outcome: ImageOutcome | None) -> ImageRecord:
    """Return a record with its URL's outcome, which is `bytes_changed` for unexpected bytes."""
    if outcome is None:
        return record
    if outcome.sha256 is not None and record.sha256 not in {None, outcome.sha256}:
        outcome = ImageOutcome(state="bytes_changed", detail="its bytes differ from those expected")
    return replace(
        record,
        state=outcome.state,
        detail=outcome.detail,
        sha256=outcome.sha256,
        bytes=outcome.bytes,
        format=outcome.format,
        width=outcome.width,
        height=outcome.height,
        phash=outcome.phash,
    )


async def _pieces_of(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


def _is_remote(url: str, outcome: ImageOutcome) -> bool:
    return outcome.state == "ok" and url[:5].lower() != "data:"

"""The journal of finished URLs: rows that are ready at the same time are written together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import clean_text, sha256_text
from locomo_vqa.jsonl_log import JsonlLog
from locomo_vqa.plain_rows import plain_row

from .outcome import ImageOutcome

__all__ = ["ImageJournal"]

_SHOWN = 500
"""Longer URLs, which are `data:` URIs, are shortened in the journal; their keys stay unique."""


class ImageJournal:
    """An append-only file; each line has a run's settings, or the outcomes of one or more URLs.

    Writing a line to the disk takes a few milliseconds, whatever its length. So outcomes that
    arrive while a line is being written share the next line.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        """Open or create the file, and read what earlier runs finished.

        Raises:
            OutputError: it can't be written, or another process has it open.
            InputError: it is damaged.
        """
        self._file = JsonlLog(
            path,
            what="the journal of the downloads",
            remedy="Wait for the other run, or choose another `out`.",
        )
        self._waiting: list[dict[str, Any]] = []
        self._writing = asyncio.Lock()
        # Its own thread: in the shared ones, slow name servers would hold it up.
        self._thread = ThreadPoolExecutor(1)
        self.outcomes: dict[str, ImageOutcome] = {}
        """The outcomes that still count, by `key`."""
        try:
            self.outcomes.update(self._read(dict(settings)))
            self._file.append({"event": "start", "settings": dict(settings)})
        except BaseException:
            self._file.close()
            raise

    def _read(self, settings: dict[str, Any]) -> Iterator[tuple[str, ImageOutcome]]:
        """Yield finished outcomes: images, and losses that the same settings would repeat."""
        same = False
        for number, row in self._file.rows():
            try:
                if row["event"] == "start":
                    same = row["settings"] == settings
                    continue
                found = [(each["key"], ImageOutcome(**each["outcome"])) for each in row["urls"]]
            except (KeyError, TypeError):
                raise InputError(
                    f"{self._file.path}: line {number} is not a line of this journal.",
                    f"Remove {self._file.path.parent} and start again.",
                ) from None
            for key, outcome in found:
                if outcome.state == "ok" or (same and outcome.state != "not_fetched"):
                    yield key, outcome

    @staticmethod
    def key(url: str) -> str:
        """Return the key of a URL in the journal."""
        return sha256_text(url)

    async def add(self, url: str, outcome: ImageOutcome) -> None:
        """Record an outcome; it is on disk on return.

        Raises:
            OutputError: the disk is full or can't be written.
        """
        key, shown = self.key(url), clean_text(url[:_SHOWN])
        self._waiting.append({"key": key, "url": shown, "outcome": plain_row(outcome)})
        async with self._writing:
            if rows := self._waiting:
                self._waiting = []
                line = {"event": "urls", "urls": rows}
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._thread, self._file.append, line)
        self.outcomes[key] = outcome

    def close(self) -> None:
        """Release the file for other processes."""
        self._thread.shutdown()
        self._file.close()

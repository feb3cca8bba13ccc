"""The work folder: images named by their SHA-256, and the journal of finished URLs.

<out>.unfinished/
├── images.jsonl     the finished URLs, and the settings of every run
├── images/          <sha256>.<ext>
└── partial/           unfinished downloads; emptied when a run begins

A URL is finished once its line is in the journal; its image is saved before that.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from locomo_vqa.closable import Closable
from locomo_vqa.images import ImageRejection

from .inspecting import Inspectors
from .journal import ImageJournal
from .outcome import ImageOutcome, TooLarge, disk_error

__all__ = ["ImageStore"]


class ImageStore(Closable):
    """The finished images and outcomes of this run and earlier ones."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """Open or create the work folder.

        Outcomes other than `ok` count only if they were found with the same `settings`.

        Raises:
            OutputError: it can't be written, or another process is using it.
            InputError: its journal is damaged.
        """
        self.folder = folder
        self._names = itertools.count()
        with _on_disk():
            (folder / "images").mkdir(parents=True, exist_ok=True)
        self._journal = ImageJournal(folder / "images.jsonl", settings)
        try:
            shutil.rmtree(folder / "partial", ignore_errors=True)
            with _on_disk():
                (folder / "partial").mkdir()
        except BaseException:
            self._journal.close()
            raise

    def _is_whole(self, outcome: ImageOutcome) -> bool:
        try:
            return self.path(outcome.sha256, outcome.format).stat().st_size == outcome.bytes
        except OSError:
            return False

    def finished(self, url: str) -> ImageOutcome | None:
        """Return the outcome of a URL that is finished."""
        outcome = self._journal.outcomes.get(self._journal.key(url))
        if outcome is not None and outcome.state == "ok" and not self._is_whole(outcome):
            return None
        return outcome

    async def finish(self, url: str, outcome: ImageOutcome) -> None:
        """Record an outcome; it is on disk on return.

        The image itself may not be: if a power cut truncated it, its size is wrong, which
        `finished` checks.
        """
        await self._journal.add(url, outcome)

    def path(self, sha256: str | None, format: str | None) -> Path:
        """Return the file of an image that was finished with the state `ok`."""
        return self.folder / "images" / f"{sha256}.{format}"

    async def receive(
        self, pieces: AsyncIterator[bytes], *, limit: int, inspectors: Inspectors
    ) -> ImageOutcome:
        """Save bytes as they arrive, and keep them if they are an image.

        Raises:
            TooLarge: more than `limit` bytes arrived; the rest is not read.
            OutputError: the disk is full or can't be written.
        """
        path = self.folder / "partial" / str(next(self._names))
        try:
            sha256, size = await _write(path, pieces, limit)
            found = await inspectors.inspect(path)
            if isinstance(found, ImageRejection):
                return ImageOutcome(state=found.state, detail=found.detail)
            outcome = ImageOutcome(
                state="ok",
                sha256=sha256,
                bytes=size,
                format=found.format,
                width=found.width,
                height=found.height,
                phash=found.phash,
            )
            with _on_disk():
                path.replace(self.path(outcome.sha256, outcome.format))
            return outcome
        finally:
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the journal."""
        self._journal.close()


async def _write(path: Path, pieces: AsyncIterator[bytes], limit: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with _on_disk():
        stream = path.open("wb", buffering=0)
    with stream:
        async for piece in pieces:
            size += len(piece)
            if size > limit:
                raise TooLarge(limit)
            digest.update(piece)
            with _on_disk():
                rest = memoryview(piece)
                while rest:
                    rest = rest[stream.write(rest) :]
    return digest.hexdigest(), size


@contextlib.contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_error(error) from None

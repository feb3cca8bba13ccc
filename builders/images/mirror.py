"""Images from a folder instead of the network.

The image of a URL is looked up in this order:

1. as listed in `mirror.jsonl`: lines `{"url", "file"}`, the file relative to the folder;
2. as `<SHA-256 of the URL>`, with or without an extension, directly in the folder;
3. as `<host>/<path>`, which is how wget saves pages with their directories: the path with its query
   (`a.jpg?w=5`) or without, percent-encoded as in the URL or decoded.

Nothing outside the folder is read, wherever a line, a URL or a symbolic link points.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_jsonl, sha256_text
from locomo_vqa.models.asking import gather_bounded

from .addresses import parse_url
from .bodies import PIECE
from .download import DownloadSettings
from .inspecting import Inspectors
from .mirror_names import NOT_IN_MIRROR
from .outcome import ImageOutcome, TooLarge
from .store import ImageStore

__all__ = ["ImageMirror", "read_all"]

_REMEDY = 'Each line must be like {"url": "https://…", "file": "a.jpg"}.'


class ImageMirror:
    """A folder that has images by URL."""

    def __init__(self, folder: Path) -> None:
        """Read the folder's list.

        Raises:
            InputError: the folder is missing, or its `mirror.jsonl` can't be used.
        """
        if not folder.is_dir():
            raise InputError(f"{folder}: `mirror` is not a folder.", "Check the path.")
        self._root = folder.resolve()
        self._listed = dict(_read_list(folder / "mirror.jsonl"))
        self._hashed = {
            path.name.partition(".")[0]: path.name
            for path in sorted(self._root.iterdir())
            if len(path.name.partition(".")[0]) == 64
        }

    def open(self, url: str) -> int | str | None:
        """Return a descriptor of the URL's file, why it is refused, or None if it is missing."""
        for name in self._candidate_names(url):
            try:
                path = (self._root / name).resolve(strict=True)
            except (OSError, ValueError, RuntimeError):
                continue
            if not path.is_relative_to(self._root):
                return "the mirror's file is outside the mirror"
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            if stat.S_ISREG(os.fstat(handle).st_mode):
                return handle
            os.close(handle)
        return None

    def _candidate_names(self, url: str) -> Iterator[str]:
        if url in self._listed:
            yield self._listed[url]
        if name := self._hashed.get(sha256_text(url)):
            yield name
        try:
            parsed = parse_url(url)
        except httpx.InvalidURL:
            return
        encoded = parsed.raw_path.decode("ascii").lstrip("/")
        bare = encoded.partition("?")[0]
        for path in dict.fromkeys((encoded, unquote(encoded), bare, unquote(bare))):
            if parsed.host and path:
                yield f"{parsed.host}/{path}"


def _read_list(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    for number, row in read_jsonl(path, what="the mirror's list"):
        if not isinstance(row, dict) or not all(
            isinstance(row.get(key), str) for key in ("url", "file")
        ):
            raise InputError(f"{path}: line {number} must have a url and a file.", _REMEDY)
        yield row["url"], row["file"]


async def read_all(
    mirror: ImageMirror,
    urls: Iterable[str],
    *,
    store: ImageStore,
    inspectors: Inspectors,
    settings: DownloadSettings,
    step: Callable[[], None] = lambda: None,
) -> dict[str, ImageOutcome]:
    """Copy images from a mirror into the store, and return every URL's outcome.

    Raises:
        OutputError: the disk is full or can't be written; finished images are kept.
    """

    async def read(url: str) -> ImageOutcome:
        outcome = await _read_image(mirror, url, store, inspectors, settings.max_bytes)
        await store.finish(url, outcome)
        step()
        return outcome

    at_once = min(settings.in_flight, 8)
    return {url: outcome async for url, outcome in gather_bounded(urls, read, at_once=at_once)}


async def _read_image(
    mirror: ImageMirror, url: str, store: ImageStore, inspectors: Inspectors, max_bytes: int
) -> ImageOutcome:
    try:
        found = mirror.open(url)
    except OSError:
        return ImageOutcome(state="not_fetched", detail="the mirror's file can't be read")
    if found is None:
        return ImageOutcome(state="not_fetched", detail=NOT_IN_MIRROR)
    if isinstance(found, str):
        return ImageOutcome(state="blocked", detail=found)
    try:
        return await store.receive(_pieces(found), limit=max_bytes, inspectors=inspectors)
    except TooLarge as large:
        return ImageOutcome(state="too_large", detail=large.detail)
    finally:
        os.close(found)


async def _pieces(handle: int) -> AsyncIterator[bytes]:
    while piece := os.read(handle, PIECE):
        yield piece

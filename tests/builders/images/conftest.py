"""A server, and one run of downloads against it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.builders.images.addresses import Addresses
from locomo_vqa.builders.images.download import DownloadSettings, download_all
from locomo_vqa.builders.images.inspecting import Inspectors
from locomo_vqa.builders.images.outcome import ImageOutcome
from locomo_vqa.builders.images.store import ImageStore

from .image_server import ImageServer, serving

Fetch = Callable[..., dict[str, ImageOutcome]]


@pytest.fixture
def server() -> Iterator[ImageServer]:
    with serving() as made:
        yield made


def quick(*servers: ImageServer, **more: Any) -> DownloadSettings:
    """Return settings with short pauses that open these servers and nothing else private."""
    addresses = Addresses(allowed=frozenset(("127.0.0.1", server.port) for server in servers))
    fast = {"timeout": 100.0, "backoff": 0.01, "addresses": addresses}
    return DownloadSettings(**{**fast, **more})


def fetch(
    urls: Sequence[str], folder: Path, settings: DownloadSettings, **more: Any
) -> dict[str, ImageOutcome]:
    """Download into a store in `folder`."""

    async def run() -> dict[str, ImageOutcome]:
        async with Inspectors(max_pixels=settings.max_pixels, workers=1) as inspectors:
            return await download_all(
                urls, store=store, inspectors=inspectors, settings=settings, **more
            )

    with ImageStore(folder, settings.deciding()) as store:
        return asyncio.run(run())

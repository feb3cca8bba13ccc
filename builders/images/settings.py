"""The download limits that a work folder remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .download import DownloadSettings

__all__ = ["DOWNLOAD_OPTIONS", "remembered_settings"]

DOWNLOAD_OPTIONS = ("per_host", "in_flight", "timeout", "max_bytes", "max_pixels")
"""The fields of `DownloadSettings` that a build accepts."""


def remembered_settings(images: Mapping[str, Any]) -> DownloadSettings:
    """Return the settings for the options in `build.json` under `images`."""
    from .addresses import Addresses
    from .download import DownloadSettings

    bounds = {name: images[name] for name in DOWNLOAD_OPTIONS if name in images}
    addresses = Addresses(allow_private=bool(images.get("allow_private")))
    return DownloadSettings(addresses=addresses, **bounds)

"""The outcome of one URL."""

from __future__ import annotations

from dataclasses import dataclass

from locomo_vqa.benchmark import ImageState
from locomo_vqa.errors import OutputError

__all__ = ["ImageOutcome", "TooLarge", "disk_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOutcome:
    """The outcome of one URL; all fields but state and detail are None unless the state is `ok`."""

    state: ImageState
    """The state of its image."""
    detail: str | None = None
    """The reason, in a few words that are always the same."""
    sha256: str | None = None
    """The SHA-256 of the image's bytes."""
    bytes: int | None = None
    """Their number."""
    format: str | None = None
    """The file's extension."""
    width: int | None = None
    """Pixels, upright."""
    height: int | None = None
    """Pixels, upright."""
    phash: str | None = None
    """See `locomo_vqa.phash.perceptual_hash`."""


class TooLarge(Exception):
    """More bytes arrived than the limit allows; `detail` says so."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.detail = f"it is larger than {limit:,} bytes"


def disk_error(error: OSError) -> OutputError:
    """Return the error for a disk that is full or not writable."""
    place = f"{error.filename}: " if error.filename else ""
    return OutputError(
        f"{place}an image can't be saved ({error.strerror or error}).",
        "Free some space, then run it again: finished images are kept.",
    )

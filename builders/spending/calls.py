"""A build's list of calls to endpoints: one line for each request that was sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from locomo_vqa.models.call_meter import ModelCall, read_model_calls

__all__ = ["read_build_calls"]


def read_build_calls(path: Path) -> Iterator[ModelCall]:
    """Yield the calls of a work folder; none if it made none.

    Raises:
        InputError: the file can't be read, or a line does not match its schema.
    """
    remedy = "Restore the file as the build wrote it."
    return read_model_calls(path, schema="build_call", remedy=remedy)

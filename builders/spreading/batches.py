"""Cuts a stage's items into batches of whole images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["batches"]

_Item = TypeVar("_Item")


def batches(
    items: Iterable[_Item], image_of: Callable[[_Item], str], *, least: int
) -> Iterator[list[_Item]]:
    """Yield lists of at least `least` items, but for the last; those about an image stay together.

    Items are taken from the iterable only as batches are taken.
    """
    batch: list[_Item] = []
    for item in items:
        if len(batch) >= least and image_of(item) != image_of(batch[-1]):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch

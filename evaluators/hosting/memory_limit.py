"""Checks from time to time that a system's processes keep to their memory."""

from __future__ import annotations

import time

from .process_tree import ProcessTree

__all__ = ["MemoryLimit"]

_MEASURE_S = 0.25
"""How often memory is measured."""
_GB = 1e9


class MemoryLimit:
    """The most memory that the processes of a system may use together."""

    def __init__(self, tree: ProcessTree, limit: int | None) -> None:
        """Limit a system's processes to `limit` bytes; None means no limit."""
        self._tree = tree
        self._limit = limit
        self._measured = 0.0

    def check(self) -> None:
        """Measure, unless it was done a moment ago.

        Raises:
            MemoryError: they use more; its message says how much.
        """
        limit = self._limit
        now = time.monotonic()
        if limit is None or now < self._measured + _MEASURE_S:
            return
        if self._tree.memory() > limit and (used := self._tree.shared_memory()) > limit:
            raise MemoryError(
                f"memory limit: the system used {used / _GB:.2f} GB, over {limit / _GB:g} GB"
            )
        self._measured = time.monotonic()

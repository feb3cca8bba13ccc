"""Checks periodically that a system's processes stay within their memory limit."""

from __future__ import annotations

import time

from .process_tree import ProcessTree

__all__ = ["MemoryLimit"]

_MEASURE_S = 0.25
"""How often memory is measured, in seconds."""
_GB = 1e9


class MemoryLimit:
    """The total memory that a system's processes may use."""

    def __init__(self, tree: ProcessTree, limit: int | None) -> None:
        """Limit a system's processes to `limit` bytes in all; None means no limit."""
        self._tree = tree
        self._limit = limit
        self._measured = 0.0

    def check(self) -> None:
        """Measure the memory, unless it was just measured.

        Raises:
            MemoryError: the processes use more; the message says how much.
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

"""mem0ai 2.x: one call extracts facts, which are added but never changed.

The package's own prompts are used, with the conversation's date in them.
"""

from __future__ import annotations

import functools
from typing import Any

from mem0ai_1 import Mem0

__all__ = ["Mem0Additive"]


class Mem0Additive(Mem0):
    """A retrieval-only adapter; each conversation has its own store."""

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return memories, each with its day and the package's score."""
        filters = {"user_id": self._user}
        # The threshold is for cosines, but the package turns a distance d into 1 / (1 + d).
        found = self._memory.search(query, filters=filters, top_k=k, threshold=0.0)["results"]
        return [self._as_hit(row, score=row["score"]) for row in found]

    def _set_day(self, time: Any) -> None:
        import mem0.memory.main as package
        from mem0.configs.prompts import generate_additive_extraction_prompt

        told = f"{time:%Y-%m-%d}"
        package.generate_additive_extraction_prompt = functools.partial(
            generate_additive_extraction_prompt, current_date=told, timestamp=told
        )

"""MemOS's general textual memory: one call extracts memories, which are never changed."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from adapter_support import Embeddings, Origins, as_text, day, embedder_of, llm_of, quiet

__all__ = ["Memos"]

_WINDOW = 2
"""The number of turns added at once, as for mem0."""

_TRIES = 3
"""How often a reply is requested if it can't be read, as the package intends."""


class Memos:
    """A retrieval-only adapter; each conversation has its own store."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Open the store; the package writes only to `workdir`."""
        quiet(MEMOS_BASE_PATH=str(workdir))
        from memos.configs.memory import MemoryConfigFactory
        from memos.memories.factory import MemoryFactory

        logging.disable(logging.INFO)  # The package logs every question to a file.
        embed = Embeddings(embedder_of(services))
        dimensions = embed.dimensions()
        self.embedder_record = embed.record
        config = {"backend": "general_text", "config": _config(workdir, services, dimensions)}
        self._memory = MemoryFactory.from_config(MemoryConfigFactory(**config))
        self._told: dict[str, str] = {}
        self._origins = Origins()

    def add(self, turns: Any) -> None:
        """Read a session, two turns at a time."""
        for start in range(0, len(turns), _WINDOW):
            window = turns[start : start + _WINDOW]
            said = [as_text(turn) for turn in window]
            told = day(turns[start].time)
            messages = [{"role": "user", "content": f"[{told}]: {text}"} for text in said if text]
            if messages:
                self._add(messages, window)

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return memories, sorted by cosine, each with its day."""
        found = self._memory.search(query, top_k=k)
        return [
            {"text": f"{self._told[item.id]}: {item.memory}", "turns": self._origins.of(item.id)}
            for item in found
        ]

    def close(self) -> None:
        """Close the store."""
        self._memory.vector_db.client.close()

    def _add(self, messages: list[dict[str, str]], window: Any) -> None:
        memories = self._extract(messages)
        for item in memories:
            self._told[item.id] = day(window[0].time)
            self._origins.add(item.id, window)
        if memories:
            self._memory.add(memories)

    def _extract(self, messages: list[dict[str, str]]) -> list[Any]:
        """Return the extracted memories; the package raises for a reply in the wrong form."""
        for _ in range(_TRIES - 1):
            try:
                return list(self._memory.extract(messages))
            except (IndexError, KeyError, TypeError):
                continue
        return list(self._memory.extract(messages))


def _config(workdir: Path, services: Any, dimensions: int) -> dict[str, Any]:
    llm, embedder = llm_of(services, "extraction"), embedder_of(services)
    asked = {
        "model_name_or_path": llm.model,
        "api_base": llm.base_url,
        "api_key": llm.api_key,
        "temperature": 0.0,
    }
    embeds = {
        "provider": "openai",
        "model_name_or_path": embedder.model,
        "base_url": embedder.base_url,
        "api_key": embedder.api_key,
    }
    store = {
        "collection_name": "conversation",
        "path": str(workdir / "qdrant"),
        "vector_dimension": dimensions,
        "distance_metric": "cosine",
    }
    return {
        "extractor_llm": {"backend": "openai", "config": asked},
        "embedder": {"backend": "universal_api", "config": embeds},
        "vector_db": {"backend": "qdrant", "config": store},
    }

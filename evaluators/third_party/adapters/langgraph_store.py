"""LangGraph's store: every turn is embedded and stored with its text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapter_support import Embeddings, as_text, day, embedder_of, quiet

__all__ = ["LanggraphStore"]


class LanggraphStore:
    """A retrieval-only adapter; each conversation has its own store, in memory."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Begin with an empty store."""
        quiet(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")
        from langgraph.store.memory import InMemoryStore

        embed = Embeddings(embedder_of(services))
        self._space = (conversation.id,)
        self._store = InMemoryStore(
            index={"dims": embed.dimensions(), "embed": embed, "fields": ["text"]}
        )
        self.embedder_record = embed.record

    def add(self, turns: Any) -> None:
        """Store a session's turns in one batch."""
        from langgraph.store.base import PutOp

        texts = {turn.id: as_text(turn) for turn in turns}
        self._store.batch(
            [
                PutOp(
                    namespace=self._space,
                    key=turn.id,
                    value={"text": f"{day(turn.time)}: {texts[turn.id]}"},
                )
                for turn in turns
                if texts[turn.id]
            ]
        )

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return turns, sorted by cosine."""
        found = self._store.search(self._space, query=query, limit=k)
        return [
            {"text": item.value["text"], "score": item.score, "turn": item.key} for item in found
        ]

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

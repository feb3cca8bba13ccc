"""LangMem's store manager: the model inserts, changes and removes memories by calling tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapter_support import (
    Embeddings,
    Origins,
    as_text,
    day,
    embedder_of,
    llm_of,
    number_ids,
    quiet,
)

__all__ = ["Langmem"]

_WINDOW = 2
"""The number of turns added at once, as for mem0."""


class Langmem:
    """A retrieval-only adapter; each conversation has its own store, in memory."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Begin with an empty store."""
        quiet(LANGSMITH_TRACING="false", LANGCHAIN_TRACING_V2="false")
        from langchain_openai import ChatOpenAI
        from langgraph.store.memory import InMemoryStore
        from langmem import create_memory_store_manager
        from langmem.knowledge import extraction
        from trustcall import _base as trustcall

        llm, self._embed = llm_of(services, "extraction"), Embeddings(embedder_of(services))
        chat = ChatOpenAI(
            model=llm.model,
            base_url=llm.base_url,
            api_key=llm.api_key,
            timeout=llm.timeout_s,
            temperature=0.0,
            use_responses_api=False,
        )
        dimensions = self._embed.dimensions()
        self.embedder_record = self._embed.record
        store = InMemoryStore(index={"dims": dimensions, "embed": self._embed})
        space = ("conversation",)
        self._manager = create_memory_store_manager(chat, namespace=space, store=store)
        self._number_ids = number_ids(conversation.id, extraction, trustcall)
        self._told: dict[str, str] = {}
        self._origins = Origins()

    def add(self, turns: Any) -> None:
        """Read a session, two turns at a time."""
        for start in range(0, len(turns), _WINDOW):
            window = turns[start : start + _WINDOW]
            said = [(turn, as_text(turn)) for turn in window]
            messages = [
                {"role": "user", "content": f"[{day(turn.time)}] {text}"}
                for turn, text in said
                if text
            ]
            if messages:
                self._add(messages, window)

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return memories, sorted by cosine, each with the day of its last change."""
        found = self._manager.search(query=query, limit=k)
        return [
            {
                "text": f"{self._told[item.key]}: {item.value.content}",
                "score": item.score,
                "turns": self._origins.of(item.key),
            }
            for item in found
        ]

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def _add(self, messages: list[dict[str, str]], window: Any) -> None:
        """Add messages, and raise any embedder error that the package only logs."""
        self._embed.failure = None
        self._number_ids()
        for put in self._manager.invoke({"messages": messages}):
            self._told[put["key"]] = day(window[0].time)
            self._origins.add(put["key"], window)
        if self._embed.failure is not None:
            raise self._embed.failure

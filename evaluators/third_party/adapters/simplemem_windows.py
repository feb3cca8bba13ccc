"""SimpleMem: windows of 40 turns become self-contained facts; searches are planned."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import Any

from adapter_support import as_text, llm_of, quiet, watch
from sentence_encoder import encoder_record, weights_of

__all__ = ["Simplemem"]


class Simplemem:
    """A retrieval-only adapter; each conversation has its own store."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Open the store; the package writes only to `workdir`."""
        quiet()
        reads, asks = llm_of(services, "extraction"), llm_of(services)
        weights = weights_of(services, "Qwen/Qwen3-Embedding-0.6B")
        self.embedder_record = encoder_record(services, weights)
        from simplemem import SimpleMemSystem
        from simplemem.config import SimpleMemConfig, set_config

        set_config(
            SimpleMemConfig(
                openai_api_key=reads.api_key,
                openai_base_url=reads.base_url,
                llm_model=reads.model,
                embedding_model=weights,
                lancedb_path=str(workdir / "lancedb"),
                use_streaming=False,
                enable_parallel_processing=False,
                enable_parallel_retrieval=False,
            )
        )
        self._system = SimpleMemSystem()
        self._failures: list[Exception] = []
        self._found: list[list[Any]] = []
        self._prepare(reads, asks)

    def add(self, turns: Any) -> None:
        """Add a session, waiting for the package at every 40th turn of the conversation."""
        self._failures.clear()
        for turn in turns:
            said = as_text(turn).removeprefix(f"{turn.speaker}: ")
            if said:
                self._system.add_dialogue(turn.speaker, said, turn.time.isoformat())
                self._raise()

    def flush(self) -> None:
        """Read the rest of the last window."""
        self._failures.clear()
        self._system.finalize()
        self._raise()

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return facts: first the best of each of the package's searches, then the second best."""
        self._failures.clear()
        self._found.clear()
        self._system.hybrid_retriever.retrieve(query)
        self._raise()
        ranked = [entry for rank in zip_longest(*self._found) for entry in rank if entry]
        facts = {entry.entry_id: entry for entry in ranked}
        return [{"text": _as_text(entry)} for entry in list(facts.values())[:k]]

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def _prepare(self, reads: Any, asks: Any) -> None:
        """Count the two kinds of calls separately, and detect errors that the package ignores."""
        from openai import OpenAI
        from simplemem.utils.llm_client import LLMClient

        system = self._system
        system.hybrid_retriever.llm_client = LLMClient(asks.api_key, asks.model, asks.base_url)
        for part, llm in ((system.memory_builder, reads), (system.hybrid_retriever, asks)):
            part.llm_client.client = OpenAI(
                base_url=llm.base_url, api_key=llm.api_key, timeout=llm.timeout_s
            )
            watch(part.llm_client, "chat_completion", self._failures)
        watch(system.embedding_model, "encode", self._failures)
        search = system.vector_store.semantic_search

        def searched(query: str, top_k: int) -> Any:
            found = search(query, top_k=top_k)
            if not found and system.vector_store.table.count_rows():
                self._failures.append(
                    RuntimeError("its search failed, see this conversation's log")
                )
            self._found.append(found)
            return found

        system.vector_store.semantic_search = searched

    def _raise(self) -> None:
        """Raise a failure that the package ignored."""
        if self._failures:
            raise self._failures[0]


def _as_text(entry: Any) -> str:
    """Return a fact, in one line, with what the package would show to the answering model."""
    parts = [entry.lossless_restatement]
    for name, value in (
        ("Time", entry.timestamp),
        ("Location", entry.location),
        ("Persons", ", ".join(entry.persons)),
        ("Related entities", ", ".join(entry.entities)),
        ("Topic", entry.topic),
    ):
        if value:
            parts.append(f"{name}: {value}")
    return " | ".join(parts)

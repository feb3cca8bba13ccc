"""A-MEM: every turn becomes a note with keywords, context and tags; it may change others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from adapter_support import as_text, day, llm_of, quiet, watch
from sentence_encoder import encoder_record, weights_of

__all__ = ["Amem"]

_TIME = "%Y%m%d%H%M"
"""The package's format for the time of a note."""


class Amem:
    """A retrieval-only adapter; each conversation has its own store."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Open the store; the package writes only to `workdir`."""
        quiet(ANONYMIZED_TELEMETRY="False", LITELLM_LOCAL_MODEL_COST_MAP="True")
        llm = llm_of(services, "extraction")
        weights = weights_of(services, "all-MiniLM-L6-v2")
        self.embedder_record = encoder_record(services, weights)
        from agentic_memory.memory_system import AgenticMemorySystem
        from openai import OpenAI

        self._memory = AgenticMemorySystem(
            model_name=weights,
            llm_backend="openai",
            llm_model=llm.model,
            api_key=llm.api_key,
            storage_path=str(workdir / "chroma"),
        )
        model, self._notes = self._memory.llm_controller.llm, self._memory.retriever
        model.client = OpenAI(base_url=llm.base_url, api_key=llm.api_key, timeout=llm.timeout_s)
        self._failures: list[Exception] = []
        watch(model, "get_completion", self._failures)
        watch(self._notes, "search", self._failures)
        watch(self._notes.collection, "add", self._failures)

    def add(self, turns: Any) -> None:
        """Make a note of each turn, with its time."""
        for turn in turns:
            said = as_text(turn)
            if said:
                self._failures.clear()
                self._memory.add_note(said, time=f"{turn.time:{_TIME}}", id=turn.id)
                if self._failures:
                    raise self._failures[0]

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return notes by distance, each followed by the notes linked to it."""
        if not self._notes.count():
            return []
        found = self._notes.search(query, k)
        hits: dict[str, dict[str, Any]] = {}
        for note, distance in zip(
            *(found[key][0] for key in ("metadatas", "distances")), strict=True
        ):
            hits.setdefault(note["id"], {**_as_hit(note), "score": -distance})
            for link in map(str, note["links"]):
                linked = None if link in hits else self._notes.get_by_id(link)
                if linked is not None:
                    hits[link] = _as_hit(linked)
        return list(hits.values())[:k]

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def _as_hit(note: dict[str, Any]) -> dict[str, Any]:
    """Return a note as the package shows it to a model, in one line."""
    told = day(datetime.strptime(str(note["timestamp"]), _TIME))
    more = [f"context: {note['context']}"]
    for name in ("keywords", "tags"):
        if note[name]:
            more.append(f"{name}: {', '.join(map(str, note[name]))}")
    return {"text": f"{told}: {note['content']} ({'; '.join(more)})", "turn": note["id"]}

"""mem0ai 1.x: facts are extracted from an exchange, then merged with existing memories.

The package's own prompts are used, with the conversation's date in them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from adapter_support import (
    Address,
    Embeddings,
    Origins,
    as_text,
    data_uri,
    day,
    embedder_of,
    llm_of,
    quiet,
)

__all__ = ["Mem0"]

_TODAY = re.compile(r"Today's date is \d{4}-\d{2}-\d{2}")
_WINDOW = 2
"""The number of turns added at once, as in the package's own evaluation on LoCoMo."""


class Mem0:
    """A retrieval-only adapter; each conversation has its own store."""

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Open the store; the package writes only to `workdir`."""
        self._user = conversation.id
        self._sees = conversation.images == "pixels"
        self._lost: list[Exception] = []
        self._origins = Origins()
        llm, embedder = llm_of(services), embedder_of(services)
        quiet(MEM0_TELEMETRY="False", MEM0_DIR=str(workdir / "mem0"), OPENROUTER_API_KEY="")
        self._memory = self._made(workdir, llm, embedder)
        for part, method in (
            (self._memory.llm, "generate_response"),
            (self._memory.embedding_model, "embed"),
        ):
            setattr(part, method, self._noticing(getattr(part, method)))

    def add(self, turns: Any) -> None:
        """Read a session, two turns at a time."""
        for start in range(0, len(turns), _WINDOW):
            window = turns[start : start + _WINDOW]
            messages = [message for turn in window for message in self._messages(turn)]
            if messages:
                self._set_day(window[0].time)
                self._add(messages, window)

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: Any) -> list[dict[str, Any]]:
        """Return memories, each with its day; the score is the negative distance."""
        found = self._memory.search(query, user_id=self._user, limit=k)["results"]
        return [self._as_hit(row, score=-row["score"]) for row in found]

    def close(self) -> None:
        """Close the package's database of changes."""
        self._memory.close()

    def _made(self, workdir: Path, llm: Address, embedder: Address) -> Any:
        from mem0 import Memory

        embed = Embeddings(embedder)
        dimensions = embed.dimensions()
        self.embedder_record = embed.record
        return Memory.from_config(_config(workdir, llm, embedder, dimensions, sees=self._sees))

    def _set_day(self, time: Any) -> None:
        from mem0.configs.prompts import FACT_RETRIEVAL_PROMPT

        today = f"Today's date is {time:%Y-%m-%d}"
        self._memory.config.custom_fact_extraction_prompt = _TODAY.sub(today, FACT_RETRIEVAL_PROMPT)

    def _messages(self, turn: Any) -> list[dict[str, Any]]:
        """Return a turn's messages; a message with both text and image would lose its text."""
        seen = [image for image in turn.images if self._sees and image.path is not None]
        text = as_text(turn)
        if seen:
            text = f"{text or turn.speaker + ':'} [shares a picture, described next]"
        messages: list[dict[str, Any]] = [{"role": "user", "content": text}] if text else []
        for image in seen:
            shown = {"type": "image_url", "image_url": {"url": data_uri(image)}}
            messages.append({"role": "user", "content": shown})
        return messages

    def _add(self, messages: list[dict[str, Any]], window: Any) -> None:
        """Add messages, and raise endpoint failures even if the package ignores them."""
        self._lost.clear()
        metadata = {"day": day(window[0].time)}
        try:
            added = self._memory.add(messages, user_id=self._user, metadata=metadata)
            for row in added["results"]:
                self._origins.add(row["id"], window)
        except Exception:
            if not self._lost:
                raise
        if self._lost:
            raise self._lost[0]

    def _as_hit(self, row: dict[str, Any], *, score: float) -> dict[str, Any]:
        """Return a memory as a passage that begins with its day, with its turns."""
        on = (row.get("metadata") or {}).get("day")
        text = f"{on}: {row['memory']}" if on else row["memory"]
        return {"text": text, "score": score, "turns": self._origins.of(row["id"])}

    def _noticing(self, call: Any) -> Any:
        def noticed(*args: Any, **kwargs: Any) -> Any:
            try:
                return call(*args, **kwargs)
            except Exception as error:
                self._lost.append(error)
                raise

        return noticed


def _config(
    workdir: Path, llm: Address, embedder: Address, dimensions: int, *, sees: bool
) -> dict[str, Any]:
    store = {
        "collection_name": "conversation",
        "path": str(workdir / "faiss"),
        "embedding_model_dims": dimensions,
        "distance_strategy": "euclidean",
    }
    asked = {
        "model": llm.model,
        "openai_base_url": llm.base_url,
        "api_key": llm.api_key,
        "temperature": 0.0,
        "enable_vision": sees,
        "vision_details": "auto",
    }
    embeds = {
        "model": embedder.model,
        "openai_base_url": embedder.base_url,
        "api_key": embedder.api_key,
    }
    return {
        "llm": {"provider": "openai", "config": asked},
        "embedder": {"provider": "openai", "config": embeds},
        "vector_store": {"provider": "faiss", "config": store},
        "history_db_path": str(workdir / "history.db"),
    }

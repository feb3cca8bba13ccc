"""A system that only retrieves: SQLite's full-text search, in the conversation's own folder.

    cd examples
    locomo-vqa check search_only:FullTextSearch
    locomo-vqa run search_only:FullTextSearch --benchmark sample --model "openai:…?model=NAME"

It needs only the standard library, not the toolkit. `--model` answers from what it finds.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

_FIND = """
SELECT text, turn, -rank FROM memories WHERE memories MATCH ? ORDER BY rank LIMIT ?
"""


class FullTextSearch:
    """Keeps every turn with its date and speaker, and finds turns by their words."""

    version = "1"

    def open(self, conversation: Any, workdir: Path, services: Any) -> None:
        """Begin a conversation with an empty store in `workdir`, its only place for files."""
        self._store = sqlite3.connect(workdir / "memories.db")
        self._store.execute(
            "CREATE VIRTUAL TABLE memories USING fts5(text, turn UNINDEXED, tokenize='porter')"
        )

    def add(self, turns: Sequence[Any]) -> None:
        """Read one session: a memory has the day, or the reader can't tell when it was."""
        rows = []
        for turn in turns:
            shared = [f"[shares {image.caption}]" for image in turn.images if image.caption]
            said = " ".join([turn.text, *shared])
            day = f"{turn.time.day} {turn.time:%B %Y}"
            rows.append((f"{day}, {turn.speaker}: {said}", turn.id))
        self._store.executemany("INSERT INTO memories VALUES (?, ?)", rows)
        self._store.commit()

    def search(self, query: str, k: int, now: datetime) -> list[dict[str, Any]]:
        """Return the `k` best passages, best first; nothing is stored."""
        words = dict.fromkeys(re.findall(r"\w+", query.lower()))
        if not words:
            return []
        wanted = " OR ".join(f'"{word}"' for word in words)
        found = self._store.execute(_FIND, (wanted, k))
        return [{"text": text, "turn": turn, "score": score} for text, turn, score in found]

    def close(self) -> None:
        """Close the store."""
        self._store.close()

"""Turns found by Okapi BM25; the harness answers from them with the model of `--model`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from locomo_vqa.system import ConversationInfo, Hit, Services, ShownTurn

from .okapi import OkapiIndex
from .passages import passage_of

__all__ = ["BM25Passages"]


class BM25Passages:
    """What `bm25` is where a model is named: it finds turns by their words, and only retrieves."""

    version = "1"

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Begin with no passage; the index lives in memory."""
        self._passages: OkapiIndex[Hit] = OkapiIndex()

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Index a session's turns, each with its speaker, day and captions."""
        for passage in map(passage_of, turns):
            if passage is not None:
                self._passages.add(passage, passage.text)

    def flush(self) -> None:
        """Nothing is pending."""

    def search(self, query: str, k: int, now: datetime) -> list[Hit]:
        """Return the `k` best turns that share a word with the query, or fewer."""
        return [replace(hit, score=score) for score, hit in self._passages.search(query)[:k]]

    def close(self) -> None:
        """Nothing to let go of."""

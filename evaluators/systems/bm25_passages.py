"""Finds turns by Okapi BM25; the harness answers from them with the run's model."""

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
    """The retrieval-only version of `bm25`, for runs with a model."""

    version = "1"

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Begin without passages; the index is kept in memory."""
        self._passages: OkapiIndex[Hit] = OkapiIndex()

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Index the turns of a session, each with its speaker, day and captions."""
        for passage in map(passage_of, turns):
            if passage is not None:
                self._passages.add(passage, passage.text)

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: datetime) -> list[Hit]:
        """Return up to `k` turns that share a word with the query, best first."""
        return [replace(hit, score=score) for score, hit in self._passages.search(query)[:k]]

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

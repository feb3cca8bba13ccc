"""Runs and scores a memory system of your own: `python examples/own_system.py`.

The system remembers every turn and answers with the one that shares the most words with the
question. It needs no model and no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import locomo_vqa as lv


def words(text: str) -> set[str]:
    """Return a text's words, in lower case and without punctuation."""
    return {word.strip(".,!?'\"") for word in text.lower().split()}


class WordOverlap:
    """Remembers one conversation word for word."""

    version = "1"

    def open(self, conversation: lv.ConversationInfo, workdir: Path, services: lv.Services) -> None:
        """Begin a conversation; a system that needs files would keep them in `workdir`."""
        self.turns: list[lv.Turn] = []

    def add(self, turns: Sequence[lv.Turn]) -> None:
        """Read one session."""
        self.turns += turns

    def answer(self, question: str, *, now: datetime) -> str:
        """Answer a question about what was said."""
        return max(self.turns, key=lambda turn: len(words(turn.text) & words(question))).text


if __name__ == "__main__":
    run = lv.run(WordOverlap, benchmark="sample")
    scores = lv.score(run, metrics=["f1", "rouge1"])
    print(scores)
    table = scores.to_frame()
    print(table[table.metric == "f1"].groupby("category").value.agg(["mean", "count"]))

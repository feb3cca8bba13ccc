"""A system that remembers nothing: what a score is worth without any memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from locomo_vqa.system import Answer, ConversationInfo, Services, ShownImage, ShownTurn

__all__ = ["NoMemory"]


class NoMemory:
    """Declines every question about the conversation, and sees no picture."""

    version = "1"
    uses_pictures = False
    uses_model = False

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Nothing to prepare."""

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Forget the turns at once."""

    def flush(self) -> None:
        """Nothing is pending."""

    def answer(self, question: str, *, now: datetime) -> Answer:
        """Say what LoCoMo counts as an abstention."""
        return Answer(text="No information available.")

    def answer_visual(self, question: str, *, image: ShownImage | None, now: datetime) -> Answer:
        """Give no answer: without eyes there is not even a guess."""
        return Answer(text="")

    def close(self) -> None:
        """Nothing to let go of."""

"""What a run tells of itself while it goes on, to whoever shows it."""

from __future__ import annotations

from typing import Protocol

from locomo_vqa.runs import Prediction

__all__ = ["NullListener", "RunListener"]


class RunListener(Protocol):
    """Is told how a run gets on; conversations that run at once tell from threads of their own."""

    def started(self, total: int, done: int) -> None:
        """The run has so many questions, and so many were answered before."""

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """A conversation begins: so many turns to read, so many questions to ask."""

    def read(self, conversation: str, turns: int) -> None:
        """So many turns more were read."""

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """A question has an outcome, and it stands in the journal."""

    def ended(self, conversation: str) -> None:
        """All questions of a conversation have an outcome, or the run was broken off."""


class NullListener:
    """Shows nothing."""

    def started(self, total: int, done: int) -> None:
        """Do nothing."""

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """Do nothing."""

    def read(self, conversation: str, turns: int) -> None:
        """Do nothing."""

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """Do nothing."""

    def ended(self, conversation: str) -> None:
        """Do nothing."""

"""What a run reports while it is in progress."""

from __future__ import annotations

from typing import Protocol

from locomo_vqa.runs import Prediction

__all__ = ["NullListener", "RunListener"]


class RunListener(Protocol):
    """Called during a run; conversations that run at once call from their own threads."""

    def started(self, total: int, done: int) -> None:
        """The run has `total` questions, of which `done` were answered before."""

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """A conversation begins, with this many turns to read and questions to ask."""

    def read(self, conversation: str, turns: int) -> None:
        """This many more turns were read."""

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """A question has an outcome, which is in the journal."""

    def ended(self, conversation: str) -> None:
        """All questions of a conversation have an outcome, or the run was cancelled."""


class NullListener:
    """Does nothing."""

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

"""Defines the listener to which a run reports its progress."""

from __future__ import annotations

from typing import Protocol

from locomo_vqa.runs import Prediction

__all__ = ["BothListeners", "NullListener", "RunListener"]


class RunListener(Protocol):
    """Called during a run; concurrent conversations call it from their own threads."""

    def started(self, total: int, done: int) -> None:
        """The run starts, with `total` questions, of which `done` already have an answer."""

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """A conversation begins, with the given numbers of turns to read and questions to ask."""

    def read(self, conversation: str, turns: int) -> None:
        """The given number of additional turns was read."""

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """A question has an outcome, which has been recorded in the journal."""

    def ended(self, conversation: str) -> None:
        """All questions of a conversation have an outcome, or the run was cancelled."""


class NullListener:
    """A listener that does nothing."""

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


class BothListeners:
    """Calls two listeners, one after the other."""

    def __init__(self, first: RunListener, second: RunListener) -> None:
        self._both = (first, second)

    def started(self, total: int, done: int) -> None:
        """Pass it on."""
        for each in self._both:
            each.started(total, done)

    def begun(self, conversation: str, turns: int, questions: int) -> None:
        """Pass it on."""
        for each in self._both:
            each.begun(conversation, turns, questions)

    def read(self, conversation: str, turns: int) -> None:
        """Pass it on."""
        for each in self._both:
            each.read(conversation, turns)

    def answered(self, conversation: str, prediction: Prediction) -> None:
        """Pass it on."""
        for each in self._both:
            each.answered(conversation, prediction)

    def ended(self, conversation: str) -> None:
        """Pass it on."""
        for each in self._both:
            each.ended(conversation)

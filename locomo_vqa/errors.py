"""Errors that a person can act on.

LocomoVqaError              the base class; the command line prints it and exits with 2
├── BudgetReached           the budget is used up; the command line exits with 1
├── InputError              an argument, a file or a folder can't be used
├── OutputError             an output can't be written, or already exists
├── MissingResource         a package, model or data set is not on this machine
└── SystemLoadError         a memory system can't be loaded

A system or an endpoint that fails during a run raises none of these: its prediction gets a state
(see `locomo_vqa.runs.State`).
"""

from __future__ import annotations

from locomo_vqa.keys import scrub

__all__ = [
    "BudgetReached",
    "InputError",
    "LocomoVqaError",
    "MissingResource",
    "OutputError",
    "SystemLoadError",
]

_MOST_CHARACTERS = 1200


class LocomoVqaError(Exception):
    """An error with a remedy: one sentence says what is wrong, another what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message = _shortened(scrub(message))
        self.remedy = scrub(remedy)
        super().__init__(self.message, self.remedy)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


def _shortened(message: str) -> str:
    """Return a message without its middle if it quotes something that is too long to read."""
    if len(message) <= _MOST_CHARACTERS:
        return message
    half = _MOST_CHARACTERS // 2
    return f"{message[:half]} … {message[-half:]}"


class BudgetReached(LocomoVqaError):
    """The budget is used up; what was done is kept, and a larger budget continues."""


class InputError(LocomoVqaError):
    """An argument, a file or a folder can't be used; the message names it and the place in it."""


class OutputError(LocomoVqaError):
    """An output can't be written, or would replace something that exists."""


class MissingResource(LocomoVqaError):
    """A resource is not on this machine; the remedy says how to get it."""


class SystemLoadError(LocomoVqaError):
    """A memory system can't be loaded, so no question was asked."""

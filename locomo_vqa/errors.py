"""What can go wrong, as exceptions that a person can act on.

LocomoVqaError              everything below; the command line prints it and exits with 2
├── InputError              a file or a folder that was given can't be used
├── OutputError             an output can't be written, or is already there
├── MissingResource         a table, a model or a data set that is not on this machine
└── SystemLoadError         a memory system can't be loaded at all

A system or an endpoint that fails while it is being asked is no exception but a state of
the prediction: see `locomo_vqa.runs.State`.
"""

from __future__ import annotations

__all__ = ["InputError", "LocomoVqaError", "MissingResource", "OutputError", "SystemLoadError"]


class LocomoVqaError(Exception):
    """A mistake that has a remedy: one sentence of what is wrong, one of what to do next."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}"


class InputError(LocomoVqaError):
    """A file or a folder that was given can't be used; the message names file and place."""


class OutputError(LocomoVqaError):
    """An output can't be written, or would replace something that is already there."""


class MissingResource(LocomoVqaError):
    """A resource is not on this machine; the remedy says how to get it."""


class SystemLoadError(LocomoVqaError):
    """A memory system can't be loaded, so no question was asked."""

"""Remembers which steps were made whole, so that a later call needs no server for them."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Self

from locomo_vqa.files import sha256_text
from locomo_vqa.jsonl_log import JsonlLog

from .steps import Step

__all__ = ["STEPS_FILE", "FinishedSteps"]

STEPS_FILE = "steps.jsonl"
"""The name of the list in the folder of a reproduction."""

_WITHOUT_EFFECT = ("jobs", "timeout", "budget", "prices", "retry_failed", "workers")
"""Arguments that don't change what a step makes."""


class FinishedSteps:
    """The steps that were made in a folder; one process at a time may have it open.

    Raises:
        OutputError: another process has it open, or it can't be written.
    """

    def __init__(self, folder: Path) -> None:
        """Open or create the list in a folder."""
        self._log = JsonlLog(
            folder / STEPS_FILE,
            what="the list of finished steps",
            remedy="Wait until it has ended, or choose another `out`.",
        )
        self._keys = {str(row["step"]) for _, row in self._log.rows()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._log.close()

    def has(self, step: Step) -> bool:
        """Return whether a step was made whole, and what it made is still there."""
        return _key(step) in self._keys and Path(step.arguments["out"]).is_dir()

    def add(self, step: Step) -> None:
        """Note that a step was made whole."""
        if _key(step) not in self._keys:
            self._log.append({"step": _key(step), "call": step.call, "out": step.arguments["out"]})
            self._keys.add(_key(step))


def _key(step: Step) -> str:
    """Return a hash of what determines what a step makes; it holds no credentials."""
    kept = {name: v for name, v in step.arguments.items() if name not in _WITHOUT_EFFECT}
    return sha256_text(json.dumps([step.call, kept], sort_keys=True, default=str))

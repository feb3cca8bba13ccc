"""Remembers which steps were made whole, so that a later call needs no server for them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from locomo_vqa.files import sha256_text
from locomo_vqa.jsonl_log import JsonlLog, read_jsonl_log

from .steps import Step

__all__ = ["STEPS_FILE", "FinishedSteps", "finished_in"]

STEPS_FILE = "steps.jsonl"
"""The name of the list in the folder of a reproduction."""

_WHAT = "the list of finished steps"
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
            what=_WHAT,
            remedy="Wait until it has ended, or choose another `out`.",
        )
        self._keys = _keys_of(row for _, row in self._log.rows())

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
        return _is_finished(step, self._keys)

    def add(self, step: Step) -> None:
        """Note that a step was made whole."""
        if _key(step) not in self._keys:
            self._log.append({"step": _key(step), "call": step.call, "folder": str(_folder(step))})
            self._keys.add(_key(step))


def finished_in(folder: Path, steps: Iterable[Step]) -> list[Step]:
    """Return the first steps of a row, as far as they were made whole; the folder is only read.

    Raises:
        InputError: its list of finished steps is damaged.
    """
    path = folder / STEPS_FILE
    if not path.is_file():
        return []
    keys = _keys_of(row for _, row in read_jsonl_log(path, what=_WHAT))
    return list(takewhile(lambda step: _is_finished(step, keys), steps))


def _keys_of(rows: Iterable[Any]) -> set[str]:
    """Return the keys of the lines; a line of another form counts as no step."""
    return {str(row["step"]) for row in rows if isinstance(row, dict) and "step" in row}


def _is_finished(step: Step, keys: Collection[str]) -> bool:
    return _key(step) in keys and _folder(step).is_dir()


def _folder(step: Step) -> Path:
    """Return the folder that a step writes to."""
    return Path(step.arguments["source" if step.call == "score" else "out"])


def _key(step: Step) -> str:
    """Return a hash of what determines what a step makes; it holds no credentials."""
    kept = {name: v for name, v in step.arguments.items() if name not in _WITHOUT_EFFECT}
    return sha256_text(json.dumps([step.call, kept], sort_keys=True, default=str))

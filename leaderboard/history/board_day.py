"""Reads what is on the board of a day: its entries, and what had happened to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from locomo_vqa.files import some
from locomo_vqa.text import counted

from ..entry_files.folder import EntryFolder
from .days import entries_of_day
from .histories import EntryHistory, read_histories

__all__ = ["BoardDay", "read_day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDay:
    """What is on the board of a day, and what is left out because it is dated later."""

    day: date
    """The last day that counts."""
    entries: tuple[EntryFolder, ...]
    """The entries up to that day, sorted by name."""
    later: tuple[EntryFolder, ...]
    """The entries that are dated later."""
    histories: Mapping[str, EntryHistory]
    """The history of each entry that has one, by name."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """A sentence for the entries, and one for the events, that are dated later."""
        return tuple(self._left_out())

    def _left_out(self) -> Iterator[str]:
        if self.later:
            verb = "is" if len(self.later) == 1 else "are"
            yield (
                f"{counted(len(self.later), 'submission')} dated after {self.day} {verb} left out "
                f"until then: {some([one.name for one in self.later])}."
            )
        names = [name for name, history in self.histories.items() if history.later]
        if names:
            yield f"Events after {self.day} don't count until then: {some(names)}."


def read_day(folder: Path, day: date) -> BoardDay:
    """Read which entries of a folder of submissions are on the board of a day.

    Raises:
        InputError: the folder can't be read.
    """
    entries, later = entries_of_day(folder, day)
    histories = read_histories(folder, entries, day)
    return BoardDay(day=day, entries=entries, later=later, histories=histories)

"""Several runs of one system, or published files of several, that are scored together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, overload

from locomo_vqa.errors import InputError

__all__ = ["RepeatFrom", "Repeats", "repeat_folder", "repeats_in"]

RepeatFrom = Literal["memory", "answers"]
"""What each repeat makes again:

memory    everything: conversations are read again, and questions are asked again
answers   questions are asked again; what the endpoint replied while conversations were read is
          replayed from the first repeat
"""

_FOLDER = re.compile(r"repeat-([1-9]\d*)")


class Repeats(Sequence[Any]):
    """Several runs, run folders, files or score reports of one system, taken together.

    `run(…, repeat=3)` returns one; `Repeats(["a.json", "b.json"])` makes one of published
    files. `score` and `compare` take it wherever they take one run.

    Raises:
        InputError: there are fewer than two sources.
    """

    def __init__(self, sources: Iterable[Any], *, name: str | None = None) -> None:
        self._sources = tuple(sources)
        self.name = name
        """What the system is called in tables; None for the name of the first source."""
        if len(self._sources) < 2:
            raise InputError(
                f"Repeats need at least two runs or files, not {len(self._sources)}.",
                "Give them all, or give one run alone.",
            )

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self._sources[index]

    def __len__(self) -> int:
        return len(self._sources)

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self._sources))
        return f"<Repeats: {shown}>"


def repeat_folder(folder: Path, number: int) -> Path:
    """Return the run folder of a repeat, from 1, in the folder of all repeats."""
    return folder / f"repeat-{number}"


def repeats_in(folder: Path) -> list[Path]:
    """Return the run folders of the repeats in a folder, by number; none in other folders."""
    if not folder.is_dir() or (folder / "run.json").is_file():
        return []
    found = {
        int(name[1]): path
        for path in folder.iterdir()
        if (name := _FOLDER.fullmatch(path.name)) and (path / "run.json").is_file()
    }
    return [found[number] for number in sorted(found)]

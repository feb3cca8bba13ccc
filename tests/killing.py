"""Disturbs a command at many of its moments, gives it again, and compares with an undisturbed one.

A disturbed command is killed, or finds the disk full.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.dying import Commands, Ended

__all__ = ["IN_A_ROW", "MOMENTS", "KilledCommand", "hidden_in", "moments_of", "snapshot"]

MOMENTS = int(os.environ.get("LOCOMO_VQA_KILLS", "8"))
"""How many moments of a command are tried; a large number tries every one."""

IN_A_ROW = MOMENTS * 3 // 2
"""How often a command is killed in one folder: twenty kills with those above."""

_RANDOM = re.compile(r"\.[a-z0-9_]{8}\.part|[0-9a-f]{16,}|-[a-z0-9_]{8}(?=/|$)")
_MINUTE = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
"""When a page says that it was written."""
_TIMES = {"time", "latency_ms", "first_byte_ms", "seconds", "installed_at", "git"}
"""Fields of JSON that differ from run to run."""


@dataclass(frozen=True)
class KilledCommand:
    """A command that is killed, in a folder that is made for each try."""

    commands: Commands
    """Runs it."""
    folder: Path
    """Takes the folders of the tries."""
    arguments: Sequence[str | Path]
    """What follows `locomo-vqa`; paths are relative to the folder of a try."""
    prepare: Callable[[Path], object] = lambda root: None
    """Puts what the command needs into the folder of a try."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the command."""
    result: Callable[[Path], Any] = lambda root: snapshot(root)
    """Returns what must be equal."""
    once: bool = False
    """Whether the command refuses to be repeated when it is done."""
    _undisturbed: list[tuple[Ended, Any]] = field(default_factory=list)

    def try_moments(self, *, most: int = MOMENTS, status: int = 0) -> Iterator[tuple[Path, Ended]]:
        """Kill it at one moment in each try, give it again, and check what there is then.

        Yields:
            The folder of the try, and how the second command ended.
        """
        ended, expected = self._calm(status)
        for number in moments_of(ended.moments, most):
            root = self._make(f"at-{number}")
            died = self._run(root, die_at=number)
            where = f"killed before {number}: {dict(enumerate(died.moments)).get(number)}"
            where += f" of {ended.moments[number]}"
            yield root, self._again(root, where, expected, status)
            shutil.rmtree(root)

    def kill_in_a_row(self, *, kills: int = IN_A_ROW, status: int = 0) -> int:
        """Kill it again and again in one folder, each time later, and check what there is at last.

        Returns:
            How often it was killed: less often if it was done before.
        """
        ended, expected = self._calm(status)
        root = self._make("in-a-row")
        done = 0
        for number in moments_of(ended.moments, kills):
            if self._run(root, die_at=number).status == -9:
                done += 1
        self._again(root, f"killed {done} times", expected, status)
        shutil.rmtree(root)
        return done

    def try_full_disks(self, *, most: int, status: int = 0) -> Iterator[Ended]:
        """Let the disk be full from one moment on in each try; then make room and give it again.

        Yields:
            How the command ended without room.
        """
        ended, expected = self._calm(status)
        for number in moments_of(ended.moments, most):
            root = self._make(f"full-{number}")
            full = self._run(root, full_at=number)
            where = f"full before {number}: {ended.moments[number]}: {full.said}"
            assert full.status in (1, 2) or self._is_done(root, expected), where
            yield full
            assert hidden_in(root) == [], where
            self._again(root, where, expected, status)
            shutil.rmtree(root)

    def _calm(self, status: int) -> tuple[Ended, Any]:
        """Return how it ends undisturbed, and the result that must be equal."""
        if not self._undisturbed:
            calm = self._make("calm")
            ended = self._run(calm)
            assert ended.status == status, ended.said
            self._undisturbed.append((ended, self.result(calm)))
        return self._undisturbed[0]

    def _again(self, root: Path, where: str, expected: Any, status: int) -> Ended:
        """Run it again, undisturbed, and check what there is then."""
        done = self.once and self._is_done(root, expected)
        again = self._run(root)
        assert again.status == (2 if done else status), f"{where}: {again.said}"
        assert "Traceback" not in again.said, f"{where}: {again.said}"
        assert self.result(root) == expected, where
        assert hidden_in(root) == [], where
        assert list((root / "tmp").iterdir()) == [], where
        return again

    def _is_done(self, root: Path, expected: Any) -> bool:
        try:
            return bool(self.result(root) == expected)
        except OSError:
            return False

    def _make(self, name: str) -> Path:
        root = self.folder / name
        for each in (root, root / "tmp", root / "cache"):
            each.mkdir()
        self.prepare(root)
        return root

    def _run(self, root: Path, **disturbed: int) -> Ended:
        variables = {"TMPDIR": str(root / "tmp"), "LOCOMO_VQA_CACHE": str(root / "cache")}
        return self.commands.run(
            *self.arguments, root=root, **disturbed, **variables, **self.environment
        )


def moments_of(done: Sequence[str], most: int) -> list[int]:
    """Return the moments to try: one of every kind first, evenly spread where there are more."""
    first: dict[str, int] = {}
    for number, moment in enumerate(done):
        first.setdefault(_RANDOM.sub("", moment), number)
    kinds = list(first.values())
    others = [number for number in range(len(done)) if number not in set(kinds)]
    chosen = _spread(kinds, most) + _spread(others, most - len(kinds))
    return sorted(chosen)


def _spread(numbers: Sequence[int], most: int) -> list[int]:
    if most <= 0:
        return []
    step = max(1.0, len(numbers) / most)
    return [numbers[int(place * step)] for place in range(min(most, len(numbers)))]


def snapshot(root: Path) -> dict[str, Any]:
    """Return every file below a folder with its content, except for caches and times."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and not name.startswith("cache/") and not name.endswith(".log"):
            found[name] = _content(path)
    return found


def _content(path: Path) -> Any:
    data = path.read_bytes()
    if path.suffix == ".sqlite":
        with contextlib.closing(sqlite3.connect(path)) as connection:
            table = connection.execute("SELECT name FROM sqlite_master").fetchone()[0]
            return {key for (key,) in connection.execute(f"SELECT key FROM {table}")}
    if path.suffix in (".json", ".jsonl"):
        try:
            rows = [json.loads(line) for line in data.splitlines()]
        except ValueError:
            rows = [json.loads(data)]
        return [_without_times(row) for row in rows]
    return _MINUTE.sub(b"", data)


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key not in _TIMES}
    if isinstance(value, list):
        return [_without_times(item) for item in value]
    return value


def hidden_in(folder: Path) -> list[str]:
    """Return the hidden names below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".*"))

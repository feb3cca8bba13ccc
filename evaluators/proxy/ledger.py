"""Writes and reads calls.jsonl, an append-only file with one line per call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from locomo_vqa.jsonl_log import JsonlLog, read_jsonl_log
from locomo_vqa.schemas import validate

from .calls import Call

__all__ = ["Ledger", "read_calls"]

_WHAT = "the list of calls"


class Ledger:
    """The only writer of a calls.jsonl.

    A line is passed to the operating system before the system gets the end of its reply, so it is
    not lost even if the process is killed. It is not synced to disk, which would cost every call
    some milliseconds, so a power cut can lose the last lines.

    Raises:
        OutputError: another process is writing the file, or it can't be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._added: dict[str, list[Call]] = {}
        self._file = JsonlLog(
            path,
            what=_WHAT,
            remedy="Wait for that run to end, or choose another `out`.",
            flush=False,
        )

    def add(self, call: Call) -> None:
        """Write one line.

        Raises:
            OutputError: the disk is full or gone.
        """
        self._added.setdefault(call.conversation, []).append(call)
        self._file.append({name: getattr(call, name) for name in Call.__slots__})

    def added(self, conversation: str) -> list[Call]:
        """Return a conversation's calls since it began here; callable from any thread."""
        return list(self._added.get(conversation, ()))

    def restart(self, conversation: str) -> None:
        """Forget a conversation's calls, because it begins again; they stay in the file."""
        self._added.pop(conversation, None)

    def close(self) -> None:
        """Close the file, so that another process can write it."""
        self._file.close()


def read_calls(path: Path) -> Iterator[Call]:
    """Yield the calls of a file, which may still be written to.

    Raises:
        InputError: the file can't be read, or a line does not match its schema.
    """
    for number, row in read_jsonl_log(path, what=_WHAT):
        validate(
            row,
            "call",
            path=path,
            place=f"line {number}",
            remedy="Restore the file as the run wrote it.",
        )
        yield Call(**row)

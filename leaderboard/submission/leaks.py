"""Searches everything that would be sent for what must not be published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.bounded_reading import MAX_LINE_BYTES
from locomo_vqa.errors import InputError
from locomo_vqa.json_gate import load_json
from locomo_vqa.text import counted

from ..entry_files.metadata import parse_metadata
from ..entry_files.plain_files import CERTIFICATE, METADATA, PREDICTIONS, RUN, read_plain
from ..secrets import find_secrets, know_the_environment

__all__ = ["Leak", "check_nothing_leaks", "each_text", "find_leaks"]

_MOST_SHOWN = 5
_ARGUMENTS = {
    "system.name": "name",
    "system.url": "url",
    "system.commit": "commit",
    "contact": "contact",
}
"""Fields of metadata.yaml that the submitter states."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A place in a submission with something that must not be published."""

    file: str
    """The file's name in the submission."""
    line: int
    """The line, from 1."""
    field: str
    """The field in that line or file, such as `retrieved[0].text`."""
    what: str
    """What is there; a key itself is not shown."""

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.field}: {self.what}"


def check_nothing_leaks(submission: Path) -> None:
    """Check that a submission has no key, no user's folder and no private host.

    Raises:
        InputError: it has one; the message lists the places.
    """
    leaks = list(find_leaks(submission))
    if not leaks:
        return
    shown = "; ".join(map(str, leaks[:_MOST_SHOWN]))
    more = f"; and {counted(len(leaks) - _MOST_SHOWN, 'more place')}" if leaks[_MOST_SHOWN:] else ""
    raise InputError(
        f"The submission would publish what should stay private: {shown}{more}.", _remedy(leaks)
    )


def find_leaks(submission: Path) -> Iterator[Leak]:
    """Yield every place in a submission's files that must not be published."""
    know_the_environment()
    text = read_plain(submission / METADATA)
    yield from _search_document(METADATA, text, parse_metadata(text, path=Path(METADATA)))
    for name in (RUN, CERTIFICATE):
        if (submission / name).exists():
            text = read_plain(submission / name)
            yield from _search_document(name, text, load_json(text))
    with (submission / PREDICTIONS).open("rb") as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            if line.strip():
                for field, found in each_text(load_json(line)):
                    yield from _leaks_in(PREDICTIONS, number, field, found)


def _search_document(file: str, content: str, value: Any) -> Iterator[Leak]:
    lines = content.splitlines()
    for field, text in each_text(value):
        yield from _leaks_in(file, _line_of(lines, field, text), field, text)


def _leaks_in(file: str, line: int, field: str, text: str) -> Iterator[Leak]:
    for secret in find_secrets(text):
        if any(find_secrets(field)):
            field = "a field whose name has one, too"
        yield Leak(file=file, line=line, field=field, what=secret.what)


def _line_of(lines: list[str], field: str, text: str) -> int:
    """Return the first line that has a text or, if it is written in another form, its key."""
    key = field.rpartition(".")[2].partition("[")[0]
    begin = text.split("\n")[0]
    for wanted in (begin, f'"{key}"', f"{key}:"):
        for number, line in enumerate(lines, 1):
            if wanted and wanted in line:
                return number
    return 1


def each_text(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string in a value, keys included, with the field that it is in."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            inner = f"{field}.{key}" if field else str(key)
            yield f"{field or 'the row'} (a name in it)", str(key)
            yield from each_text(item, inner)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from each_text(item, f"{field}[{number}]")


def _remedy(leaks: list[Leak]) -> str:
    stated = sorted(
        {
            _ARGUMENTS[leak.field]
            for leak in leaks
            if leak.file == METADATA and leak.field in _ARGUMENTS
        }
    )
    if stated:
        return f"Correct {' and '.join(f'`{name}`' for name in stated)}."
    keys = any(
        "key" in leak.what or "token" in leak.what or "password" in leak.what for leak in leaks
    )
    again = "Have the system leave it out of what it returns, and run it again in another folder."
    return f"Replace the key at its provider. {again}" if keys else again

"""The lmdeploy commands that the documentation shows, and lmdeploy's command line as recorded."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from .package import ROOT

_FENCED = re.compile(r"^(`{3,})[^\n]*\n(.*?)^\1", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]*\blmdeploy serve \w+ [^`\n]*)`")
_ENDS = re.compile(r"[&|;<>]+|\d?>+")
_TYPES = {"int": int, "float": float, "str": str}


def documented() -> dict[str, list[str]]:
    """Return the arguments of every `lmdeploy serve …` in README and docs, by where they stand."""
    found: dict[str, list[str]] = {}
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for number, command in enumerate(commands_in(path), start=1):
            found[f"{path.relative_to(ROOT)} {number}"] = command
    return found


def commands_in(path: Path) -> Iterator[list[str]]:
    """Yield the arguments of the commands of one page."""
    text = path.read_text(encoding="utf-8")
    for block in _FENCED.finditer(text):
        for line in block[2].replace("\\\n", " ").splitlines():
            if "lmdeploy" in line:
                yield from _within(shlex.split(line, comments=True))
    for code in _INLINE.finditer(_FENCED.sub("", text)):
        yield from _within(shlex.split(code[1]))


def _within(words: list[str]) -> Iterator[list[str]]:
    for place, word in enumerate(words):
        if re.search(r"\blmdeploy serve ", word):  # The command is quoted, for another shell.
            yield from _within(shlex.split(word))
        elif Path(word).name == "lmdeploy" and words[place + 1 : place + 2] == ["serve"]:
            rest = words[place + 1 :]
            ends = [i for i, word in enumerate(rest) if _ENDS.fullmatch(word)]
            yield [word.rstrip(";") for word in rest[: ends[0] if ends else None]]


class Refused(Exception):
    """A command that the recorded command line does not accept."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refused(message)


def parse_as_recorded(record: dict[str, Any], arguments: list[str]) -> argparse.Namespace:
    """Parse a command with the recorded arguments of `lmdeploy serve …`.

    Raises:
        Refused: lmdeploy would refuse it.
    """
    name, rest = " ".join(arguments[:2]), arguments[2:]
    if name not in record["commands"]:
        raise Refused(f"no command lmdeploy {name}")
    parser = _Parser(prog=f"lmdeploy {name}", add_help=False)
    for flags, kind in record["commands"][name].items():
        if kind["nargs"] == 0:
            parser.add_argument(*flags.split(), action="store_true")
        else:
            parser.add_argument(
                *flags.split(),
                type=_TYPES[kind["type"]],
                nargs=kind["nargs"],
                choices=kind["choices"],
            )
    return parser.parse_args(rest)

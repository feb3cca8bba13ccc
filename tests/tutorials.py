"""Reads the code blocks of a tutorial."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

NOT_RUN = "<!-- not run here -->"
"""Stands before a block that needs more than the sample."""

_BLOCK = re.compile(r"^(?P<before>[^\n]*)\n```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S)


def read_blocks(path: Path, language: str) -> list[str]:
    """Return the blocks of a language that the tutorial's reader runs, in order."""
    return [
        block["code"]
        for block in _BLOCK.finditer(path.read_text(encoding="utf-8"))
        if block["language"] == language and block["before"] != NOT_RUN
    ]


def shown_after(path: Path, language: str) -> list[str]:
    """Return the lines that a page shows as the output of its blocks of a language."""
    block = rf"^```{language}\n(?:(?!```)[^\n]*\n)*```\n\n```text\n(?P<shown>.*?)^```$"
    text = path.read_text(encoding="utf-8")
    shown = [found["shown"] for found in re.finditer(block, text, re.M | re.S)]
    return _without_gaps(line for part in shown for line in part.splitlines())


def read_session(block: str) -> tuple[list[str], list[str]]:
    """Return the commands of a console block, and the lines of output that it shows."""
    lines = block.splitlines()
    commands = [line[2:] for line in lines if line.startswith("$ ")]
    return commands, _without_gaps(line for line in lines if not line.startswith("$ "))


def _without_gaps(lines: Iterable[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.strip() not in ("", "…")]

"""Reads the code blocks of a tutorial."""

from __future__ import annotations

import re
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

"""Files of data that a page loads when it needs them.

A page that is opened from a disk may not read other files, but it may load them as scripts. So each
file is a script with one call, `receive(name, text)`, whose text is JSON: the page parses it, and
nothing of it is ever run.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from locomo_vqa.html_json import json_for_html

__all__ = ["DATA_NAME", "DataFolder", "is_data_file"]

DATA_NAME = re.compile(r"data-[0-9a-f]{16}")
"""The name of the folder of data: it changes with its content."""

_FILE = re.compile(r"([a-z]+/)?([a-z]+|[0-9]+)\.js|images/[0-9a-f]{64}\.[a-z]+")
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\u0027"})


class DataFolder:
    """A folder of data that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digest = hashlib.sha256()
        path.mkdir()

    def write(self, name: str, data: Any) -> None:
        """Write data under a name such as `entries/17`."""
        text = json_for_html(data).translate(_ESCAPES)
        self.write_bytes(f"{name}.js", f"receive('{name}','{text}');\n".encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file of the folder, such as an image."""
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(content)
        self._digest.update(f"{name}\0{len(content)}\0".encode())
        self._digest.update(content)

    @property
    def name(self) -> str:
        """The folder's name in the site, from its content so far."""
        return f"data-{self._digest.hexdigest()[:16]}"


def is_data_file(name: str) -> bool:
    """Return whether a file's path within a folder of data is one that is written here."""
    return _FILE.fullmatch(name) is not None

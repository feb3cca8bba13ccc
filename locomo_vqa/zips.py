"""What all readers of zips from outside refuse, and the errors by which they know a damaged one."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable

__all__ = ["UNZIP_ERRORS", "check_compression"]

UNZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(UnicodeDecodeError, NotImplementedError, RuntimeError),
)
"""The errors of Python's zip reader for damaged, encrypted or unusual archives."""

_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others may take gigabytes to decompress, whatever the size of their files."""


def check_compression(entries: Iterable[zipfile.ZipInfo]) -> None:
    """Check that reading the entries of a zip takes little memory.

    Raises:
        NotImplementedError: an entry is compressed in an unusual way.
    """
    if any(entry.compress_type not in _COMPRESSIONS for entry in entries):
        raise NotImplementedError("an unusual compression")

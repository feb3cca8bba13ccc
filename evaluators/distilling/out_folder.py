"""The folder of a distillation, which one process writes at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from locomo_vqa.errors import OutputError
from locomo_vqa.locks import locked_folder

__all__ = ["locked_out"]

_REMEDY = "Choose another `out`."
_UNWRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT})


@contextmanager
def locked_out(out: Path) -> Iterator[None]:
    """Create the folder if it is missing, and lock it against other distillations.

    Raises:
        OutputError: it can't be created or written, or another process is writing to it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: can't be created ({error.strerror}).", _REMEDY) from None
    if not os.access(out, os.W_OK):
        raise OutputError(f"{out}: can't be written.", _REMEDY)
    busy = "another process is distilling into this folder"
    remedy = "Wait until it has finished, or choose another `out`."
    try:
        with locked_folder(out, busy=busy, remedy=remedy):
            yield
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        raise OutputError(
            f"{error.filename or out}: can't be written ({error.strerror}).",
            "Repeat the call once it can, or choose another `out`; finished work is kept.",
        ) from None
    finally:
        with suppress(OSError):
            out.rmdir()  # Removes the folder only if it is empty.

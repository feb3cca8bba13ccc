"""The folder of a distillation, which one process writes at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from locomo_vqa.errors import OutputError
from locomo_vqa.locks import locked_folder

__all__ = ["locked_out"]


@contextmanager
def locked_out(out: Path) -> Iterator[None]:
    """Create the folder if it is missing, and lock it against other distillations.

    Raises:
        OutputError: it can't be created, or another process is writing to it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{out}: can't be created ({error.strerror}).", "Choose another `out`."
        ) from None
    busy = "another process is distilling into this folder"
    remedy = "Wait until it has finished, or choose another `out`."
    try:
        with locked_folder(out, busy=busy, remedy=remedy):
            yield
    finally:
        with suppress(OSError):
            out.rmdir()  # Removes the folder only if it is empty.

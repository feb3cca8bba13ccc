"""A conversation's temporary folder, in which a system works, outside the run and benchmark.

A system must not find the benchmark, which has the answers next to the images, or the run, whose
journal it could write to. It gets copies of images, and the files that it leaves in its folder are
copied into the run at the end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from locomo_vqa.errors import OutputError
from locomo_vqa.files import sha256_text

from ..proxy.model_calls import keep_calls

__all__ = ["MAX_KEPT_BYTES", "MAX_KEPT_FILES", "ImageCopies", "WorkFolder", "collect_leftovers"]

MAX_KEPT_BYTES = 4 << 30
"""The maximum number of bytes to copy from a work folder into the run."""

MAX_KEPT_FILES = 20_000
"""The maximum number of files to copy from a work folder into the run."""

_COPYING = ".copying.part"
"""A file's name in the run until it is copied whole."""

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # Of a pipe, which is then recognised and skipped.


class ImageCopies:
    """Copies of images in one folder, with names that reveal nothing about the images."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copies: dict[Path, Path] = {}

    def copy(self, image: Path) -> Path:
        """Return the copy of an image, which is made on first use.

        Raises:
            OutputError: the copy can't be written.
        """
        if image not in self._copies:
            copy = self._folder / f"image-{len(self._copies) + 1}{image.suffix}"
            try:
                with image.open("rb") as original, copy.open("xb") as new:  # No link is followed.
                    shutil.copyfileobj(original, new)
            except OSError as error:
                raise _not_made(copy, error) from None
            self._copies[image] = copy
        return self._copies[image]


class WorkFolder:
    """The folder of a conversation that is being run; a context manager.

    `kept` is the run's folder for the files that the system leaves.
    """

    def __init__(self, kept: Path) -> None:
        self.kept = kept
        """The conversation's folder in the run."""
        self._folder: Path | None = None

    @property
    def work(self) -> Path:
        """The system's own folder, empty at the start."""
        return self._there / "work"

    @property
    def images(self) -> Path:
        """The folder for copies of images."""
        return self._there / "images"

    @property
    def references(self) -> Path:
        """The folder for copies of images that the system is not shown."""
        return self._there / "references"

    @property
    def home(self) -> Path:
        """A folder, not made yet, in place of the user's home and temporary folders."""
        return self._there / "home"

    @property
    def scratch(self) -> Path:
        """A folder, not made yet, for what a system in a sandbox takes for its home."""
        return self._there / "scratch"

    def share(self) -> None:
        """Let other users of this machine read the images, if they know the path."""
        self._there.chmod(0o711)
        self.images.chmod(0o755)

    def __enter__(self) -> Self:
        keep_calls(self.kept)
        shutil.rmtree(self.kept, ignore_errors=True)
        try:
            self.kept.mkdir(parents=True)
        except OSError as error:
            raise _not_made(self.kept, error) from None
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=_prefix(self.kept))).resolve()
            self.work.mkdir()
            self.images.mkdir()
            self.references.mkdir()
        except OSError as error:
            raise _not_made(Path(tempfile.gettempdir()), error) from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _collect(self._there, self.kept)

    @property
    def _there(self) -> Path:
        assert self._folder is not None
        return self._folder


def collect_leftovers(kept: Path) -> None:
    """Copy the files that a killed run's conversation left into the run, and remove its folder.

    The caller must hold the run's journal; otherwise the folder may be in use.
    """
    prefix = _prefix(kept)
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        if folder.is_dir() and not folder.is_symlink():
            _collect(folder, kept)
    _tidy(kept)


def _prefix(kept: Path) -> str:
    """Return the prefix of the names of a conversation's temporary folders."""
    return f"locomo-vqa-{sha256_text(str(kept.absolute()))[:16]}-"


def _collect(folder: Path, kept: Path) -> None:
    """Copy a system's files into the run, and remove its folder."""
    files, bytes_left = 0, MAX_KEPT_BYTES
    for source in _regular_files(folder / "work"):
        size = source.lstat().st_size
        if files == MAX_KEPT_FILES or size > bytes_left:
            continue
        target = kept / source.relative_to(folder / "work")
        with contextlib.suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(source, kept / _COPYING, size)
            if not target.exists():
                (kept / _COPYING).replace(target)
                files, bytes_left = files + 1, bytes_left - size
    _remove(folder)
    _tidy(kept)


def _tidy(kept: Path) -> None:
    """Remove what a killed process was copying, and the folder where nothing else is in it."""
    with contextlib.suppress(OSError):
        (kept / _COPYING).unlink(missing_ok=True)
        kept.rmdir()


def _regular_files(folder: Path) -> Iterator[Path]:
    """Yield files, a folder's own before those in its subfolders, without following links."""
    if folder.is_symlink():
        return
    for here, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            with contextlib.suppress(OSError):
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path


def _copy(source: Path, target: Path, size: int) -> None:
    """Copy at most `size` bytes of a file.

    Raises:
        OSError: it is a link, or can't be read; or the copy can't be written.
    """
    descriptor = os.open(source, os.O_RDONLY | _NO_LINKS | _NO_WAIT)
    with os.fdopen(descriptor, "rb") as read, target.open("wb") as written:
        while size > 0 and (part := read.read(min(size, 1 << 20))):
            written.write(part)
            size -= len(part)


def _remove(folder: Path) -> None:
    """Remove a folder, even if the system changed the permissions of its subfolders."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for here, folders, _ in os.walk(folder):
            for name in folders:
                with contextlib.suppress(OSError):
                    Path(here, name).chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)


def _not_made(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path}: can't be created ({error.strerror}).",
        "Choose a writable folder with enough free space; TMPDIR sets the temporary folder.",
    )

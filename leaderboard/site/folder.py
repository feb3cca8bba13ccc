"""The site's folder: written completely or not at all, over nothing but an earlier site."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from locomo_vqa.errors import OutputError
from locomo_vqa.files import new_folder, some
from locomo_vqa.locks import locked_folder
from locomo_vqa.unfinished import unfinished

from .data_files import DATA_NAME, is_data_file
from .pages import GENERATOR

__all__ = ["resolve_out", "site_folder"]

_MARK = f'<meta name="generator" content="{GENERATOR}">'
_HEAD = 2000
"""How many bytes of a page are searched for the mark."""
_REMEDY = "Choose another `out`."


def resolve_out(out: Path) -> Path:
    """Return the folder that `out` names, wherever its links lead.

    Raises:
        OutputError: it can't be resolved, or is the current folder or one above it.
    """
    try:
        place = out.resolve()
        here = Path.cwd().resolve()
    except (OSError, RuntimeError) as error:  # A loop of links is a RuntimeError before 3.13.
        raise OutputError(f"{out}: can't be resolved ({error}).", _REMEDY) from None
    if place == here or place in here.parents:
        raise OutputError(
            f"{out}: is the current folder or one above it, and can't be replaced.",
            "Name a folder below it, such as site, as `out`.",
        )
    return place


@contextmanager
def site_folder(out: Path, files: Sequence[str]) -> Iterator[Path]:
    """Yield a folder to fill, whose content moves to `out` when the block ends without an error.

    The folder of data has a name of its own, so it moves first, beside that of an earlier site;
    `files` follow one by one in their order; then the earlier data goes. At every moment each page
    is complete, and so is the data that it names.

    Raises:
        OutputError: `out` has other content, or can't be written.
    """
    if not out.is_dir() or not any(out.iterdir()):
        with new_folder(out, what="the site", remedy=_REMEDY) as site:
            yield site
        return
    _check_replaceable(out, files)
    busy = "another process is writing this site"
    try:
        with (
            locked_folder(out, busy=busy, remedy="Wait until it has finished."),
            unfinished(out, kind="folder") as site,
        ):
            yield site
            _move(site, out, files)
    except OSError as error:
        raise OutputError(f"{out}: can't be replaced ({error.strerror}).", _REMEDY) from None


def _move(site: Path, out: Path, files: Sequence[str]) -> None:
    data = _data_folders(site)
    for folder in data:
        if (out / folder.name).is_dir():
            shutil.rmtree(out / folder.name)
        folder.replace(out / folder.name)
    for name in files:
        if (site / name).exists():
            (site / name).replace(out / name)
        else:
            (out / name).unlink(missing_ok=True)
    kept = {folder.name for folder in data}
    for folder in _data_folders(out):
        if folder.name not in kept:
            shutil.rmtree(folder)


def _data_folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if DATA_NAME.fullmatch(path.name)]


def _check_replaceable(out: Path, files: Sequence[str]) -> None:
    remedy = "Choose another `out`, or remove what is there."
    page = out / files[-1]
    others = sorted(
        path.name for path in out.iterdir() if path.name not in files and not _is_data(path)
    )
    if others:
        raise OutputError(f"{out}: has files that are not part of a board: {some(others)}.", remedy)
    if not page.is_file() or not _is_ours(page):
        raise OutputError(f"{out}: was not written by `locomo-vqa leaderboard build`.", remedy)


def _is_data(path: Path) -> bool:
    """Return whether a folder is data of an earlier site, and nothing else is in it."""
    if not DATA_NAME.fullmatch(path.name) or path.is_symlink() or not path.is_dir():
        return False
    return all(
        not child.is_symlink()
        and (child.is_dir() or is_data_file(child.relative_to(path).as_posix()))
        for child in path.rglob("*")
    )


def _is_ours(page: Path) -> bool:
    with page.open("rb") as stream:
        return _MARK.encode() in stream.read(_HEAD)

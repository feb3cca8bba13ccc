"""The board as a static site: one page that opens from a file, and a table of results."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import new_folder, some, write_text

from .board import Board, read_board
from .entries import find_entries, fingerprint
from .page import page_data, result_rows
from .results_csv import results_csv

__all__ = ["build_site"]

PAGE = "index.html"
RESULTS = "results.csv"

_GENERATOR = '<meta name="generator" content="locomo-vqa leaderboard">'
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def build_site(folder: Path, out: Path) -> Path:
    """Write the board of a verified folder of submissions as a static site, and return `out`.

    `out` is made whole or not at all. A site that this function made may be replaced; where `out`
    is a symbolic link, the folder it points to is.

    Raises:
        InputError: there is no board.json, or the submissions changed after it was written.
        OutputError: `out` holds something else, or can't be written.
    """
    board = read_board(folder)
    _check_unchanged(folder, board)
    place = _place(out)
    page = _page(page_data(board))
    table = results_csv(result_rows(board))
    with (
        _out_of_the_way(place),
        new_folder(place, what="the site", remedy="Choose another --out.") as site,
    ):
        write_text(site / PAGE, page)
        write_text(site / RESULTS, table)
    return out


def _place(out: Path) -> Path:
    try:
        place = out.resolve()
        here = Path.cwd().resolve()
    except (OSError, RuntimeError) as error:  # A loop of links is a RuntimeError before 3.13.
        raise OutputError(f"{out}: can't be followed ({error}).", "Choose another --out.") from None
    if place == here or place in here.parents:
        raise OutputError(
            f"{out}: is the folder you are in, or one above it, and can't be replaced.",
            "Name a folder below it, such as --out site.",
        )
    return place


def _check_unchanged(folder: Path, board: Board) -> None:
    now = {
        found.name: {} if found.problem else fingerprint(found.path).files
        for found in find_entries(folder)
    }
    then = {entry.entry: dict(entry.files) for entry in board.entries}
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    if changed:
        raise InputError(
            f"{folder}: changed after it was verified: {some(changed)}.",
            "Run `locomo-vqa leaderboard verify` again, then build.",
        )


@contextmanager
def _out_of_the_way(out: Path) -> Iterator[None]:
    """Put a site that stands at `out` aside; delete it if the block succeeds, else restore it."""
    if not out.is_dir() or not any(out.iterdir()):
        yield
        return
    _check_ours(out)
    try:
        aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.old."))
        old = out.replace(aside / out.name)
    except OSError as error:
        raise OutputError(
            f"{out}: can't be replaced ({error.strerror}).", "Choose another --out."
        ) from None
    try:
        yield
    except BaseException:
        old.replace(out)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _check_ours(out: Path) -> None:
    remedy = "Choose another --out, or remove what is there."
    page = out / PAGE
    others = sorted(path.name for path in out.iterdir() if path.name not in (PAGE, RESULTS))
    if others:
        raise OutputError(f"{out}: holds something that is not of a board: {some(others)}.", remedy)
    if not page.is_file() or _GENERATOR not in page.read_text(encoding="utf-8", errors="replace"):
        raise OutputError(f"{out}: was not made by `locomo-vqa leaderboard build`.", remedy)


def _page(data: dict[str, Any]) -> str:
    style, script = _asset("board.css"), _asset("board.js")
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "generator": _GENERATOR,
        "policy": policy,
        "style": style,
        "script": script,
        "data": _json_for_html(data),
    }
    return _PLACE.sub(lambda place: parts[place.group(1)], _asset(PAGE))


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("site", name).read_text(encoding="utf-8")


def _source(text: str) -> str:
    """Return what a Content-Security-Policy calls an inline script or style."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _json_for_html(data: dict[str, Any]) -> str:
    """Return JSON that can't end the `<script>` it stands in, nor begin a comment there."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")

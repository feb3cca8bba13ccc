"""Writes the report as one file, which needs no network, server, or other files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from locomo_vqa.errors import OutputError
from locomo_vqa.files import write_text
from locomo_vqa.html_json import json_for_html
from locomo_vqa.page import read_asset, render_page

from ..scoring import ScoreReport
from .content import report_data

__all__ = ["REPORT", "check_place", "write_report"]

REPORT = "report.html"
"""The report's file name in a folder of scores."""

_GENERATOR = "locomo-vqa score"
_MARK = f'<meta name="generator" content="{_GENERATOR}">'
_SCRIPTS = (
    "dom.js",
    "charts.js",
    "failures.js",
    "retrieval.js",
    "summary.js",
    "list.js",
    "questions.js",
)
"""The parts of the page's script, in order."""
_HEAD = 2000


def check_place(path: Path) -> None:
    """Check, before anything is computed, that a report may be written to `path`.

    Raises:
        OutputError: the path is a folder, or a file that is not a report.
    """
    if path.is_dir():
        raise OutputError(f"{path}: is a folder.", "Name a file, such as report.html.")
    if not path.exists():
        return
    if not path.is_file():
        raise OutputError(f"{path}: is a device or a pipe.", "Choose another `report`.")
    try:
        with path.open("rb") as file:
            ours = _MARK.encode() in file.read(_HEAD)
    except OSError as error:
        raise OutputError(
            f"{path}: can't be read ({error.strerror}).", "Choose another `report`."
        ) from None
    if not ours:
        raise OutputError(
            f"{path}: already exists and is not a report of `locomo-vqa score`.",
            "Choose another `report`.",
        )


def write_report(path: Path, report: ScoreReport) -> None:
    """Write the report on one scored run or file atomically.

    Raises:
        OutputError: the file can't be written.
    """
    check_place(path)
    if not path.parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist.", "Create the folder first.")
    write_text(path, _page(report_data(report)))


def _page(data: dict[str, Any]) -> str:
    return render_page(
        title="LoCoMo-VQA report",
        generator=_GENERATOR,
        body=_asset(REPORT),
        style=_asset("report.css"),
        script="\n".join(_asset(name) for name in _SCRIPTS),
        data_id="report-data",
        data=json_for_html(data),
        images=True,
    )


def _asset(name: str) -> str:
    return read_asset(__package__, "site", name)

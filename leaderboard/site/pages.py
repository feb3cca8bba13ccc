"""The pages of the site: each is a shell with its own script, which fills it from data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from locomo_vqa.html_json import json_for_html
from locomo_vqa.page import read_asset, render_page

__all__ = ["GENERATOR", "PAGES", "SitePage", "site_page"]

GENERATOR = "locomo-vqa leaderboard"
"""The mark in every page by which an earlier site is known."""

_SHARED = ("address.js", "files.js", "cells.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """One page of the site."""

    title: str
    """The title of the window, until the page knows better."""
    body: str
    """Its HTML, among the assets."""
    scripts: tuple[str, ...]
    """Its scripts, in the order in which they run; together they are one script."""
    files: bool = True
    """Whether it loads files of data."""


PAGES = {
    "index.html": SitePage(
        title="LoCoMo-VQA leaderboard",
        body="index.html",
        scripts=(
            *_SHARED,
            "columns.js",
            "filters.js",
            "chart.js",
            "frontier.js",
            "about.js",
            "board.js",
        ),
        files=False,
    ),
    "entry.html": SitePage(
        title="An entry of the LoCoMo-VQA leaderboard",
        body="entry.html",
        scripts=(*_SHARED, "entry.js"),
    ),
    "compare.html": SitePage(
        title="Two entries of the LoCoMo-VQA leaderboard",
        body="compare.html",
        scripts=(*_SHARED, "values.js", "paired.js", "compare.js"),
    ),
    "questions.html": SitePage(
        title="Questions of the LoCoMo-VQA leaderboard",
        body="questions.html",
        scripts=(*_SHARED, "questions.js"),
    ),
}
"""Every page by its file name; the first is written last, when all that it links to is there."""


def site_page(name: str, data: dict[str, Any]) -> str:
    """Return a page with its data."""
    page = PAGES[name]
    return render_page(
        title=page.title,
        generator=GENERATOR,
        body=read_asset(__package__, "assets", page.body),
        style=read_asset(__package__, "assets", "board.css"),
        script="\n".join(read_asset(__package__, "assets", each) for each in page.scripts),
        data_id="board-data",
        data=json_for_html(data),
        files=page.files,
    )

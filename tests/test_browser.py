"""The browser that the tests of pages drive."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import needs_chromium, open_chromium

pytestmark = [needs_chromium, pytest.mark.slow]


def test_a_page_is_waited_for_while_others_replace_one_another(tmp_path: Path) -> None:
    """A question about a page that is being left has no answer; it is asked of the next one."""
    for number in range(100):
        follow = f"<script>setTimeout(() => {{ location.href = '{number + 1}.html' }})</script>"
        tmp_path.joinpath(f"{number}.html").write_text(follow, encoding="utf-8")
    tmp_path.joinpath("100.html").write_text("<p id=last>", encoding="utf-8")
    with open_chromium(tmp_path / "profile") as page:
        page.open((tmp_path / "0.html").as_uri())
        page.wait("document.getElementById('last') !== null")


def test_what_is_open_is_the_page_asked_for(tmp_path: Path) -> None:
    for name in ("first", "second"):
        tmp_path.joinpath(f"{name}.html").write_text(f"<title>{name}</title>", encoding="utf-8")
    with open_chromium(tmp_path / "profile") as page:
        for name in ("first", "second", "second", "first") * 10:
            page.open((tmp_path / f"{name}.html").as_uri())
            page.wait("document.readyState === 'complete'")
            assert page.evaluate("document.title") == name
        page.open((tmp_path / "first.html").as_uri() + "#place")
        assert page.evaluate("location.hash") == "#place"

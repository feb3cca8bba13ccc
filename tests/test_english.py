"""No phrase reads as translated, and the check finds what it looks for, where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.check_english import check, list_files

PYTHON = '''"""A module
of one's own."""

# A comment that tells
# what is fine, and is
# no comment about told.
told = f"{told} is a " "mended thing"
there = "there is no such file, and it is no longer here"
'''


def found(path: Path) -> list[tuple[int, str]]:
    return sorted((finding.line, finding.phrase) for finding in check(path))


@pytest.mark.slow
def test_no_file_has_such_a_phrase() -> None:
    assert [finding for path in list_files() for finding in check(path)] == []


def test_strings_docstrings_and_comments_of_python_are_read(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(PYTHON)
    assert found(path) == [
        (2, "of one's own"),
        (4, "tells"),
        (5, "is no comment"),
        (6, "told"),
        (7, "mended"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("page.md", "A file is\nno file.\n\n```\nnobody\n```\n`told`\n", [(1, "is no file")]),
        ("page.html", "<p>nobody</p>\n", [(1, "nobody")]),
        ("page.js", "const told = 1; // likewise\n", [(1, "likewise")]),
        ("data.toml", 'note = "of other people"\n', [(1, "of other people")]),
        ("data.bin", "nobody", []),
    ],
)
def test_text_is_read_and_code_is_not(
    name: str, text: str, expected: list[tuple[int, str]], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert found(path) == expected

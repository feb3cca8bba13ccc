"""A locale without UTF-8: output stays readable, and a user's names are not blamed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "locomo_vqa", *arguments],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "LOCOMO_VQA_CACHE": str(tmp_path / "cache"), **environment},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_every_character_is_printed_somehow(tmp_path: Path, environment: dict[str, str]) -> None:
    done = run(tmp_path, "data", "info", "sample", **environment)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode("ascii", "replace")
    assert "802c88e5b907..." in text
    assert "2023-08...2023-12" in text


@pytest.mark.slow
def test_the_names_of_a_user_are_not_blamed(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "score",
        "Gedächtnis-記憶.json",
        "--benchmark",
        "sample",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    text = done.stderr.decode("ascii", "backslashreplace")
    assert done.returncode == 2
    assert "does not exist" in text
    assert "UTF-8" not in text


def test_marks_differ_without_utf_8() -> None:
    from locomo_vqa.cli.streams import REPLACEMENTS, make_printable

    error = UnicodeEncodeError("ascii", "✓✗ 記 Ada", 0, 2, "no such character")
    assert make_printable(error) == ("okFAILED", 2)
    error = UnicodeEncodeError("ascii", "記", 0, 1, "no such character")
    assert make_printable(error) == ("\\u8a18", 1)
    assert all(text.isascii() for text in REPLACEMENTS.values())

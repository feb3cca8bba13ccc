"""What docs/systems.md shows of `check` is what it prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Cli

DOCS = Path(__file__).resolve().parents[3] / "docs" / "systems.md"


@pytest.mark.slow
def test_the_docs_show_what_check_prints_for_their_example(cli: Cli, tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(class Echo:.*?)```", text, re.DOTALL)
    (shown,) = re.findall(r"```\n(Echo 1\n.*?)```", text, re.DOTALL)
    (tmp_path / "echo.py").write_text(example)
    done = cli("check", "echo:Echo")
    assert done.returncode == 1
    printed = done.stdout.splitlines()
    for line in shown.splitlines():
        beginning = line.removesuffix("…")
        same = [p for p in printed if p == line or (beginning != line and p.startswith(beginning))]
        assert same, line

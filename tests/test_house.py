"""The rules of the house that the import linter can't see."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

WINGS = ("builders", "evaluators", "leaderboard")


def imports(path: Path) -> list[tuple[int, str]]:
    """Return (level, module) of every import in a file; level 0 is absolute."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.append((node.level, node.module or ""))
        elif isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
    return found


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_imports_itself_relatively_and_the_core_absolutely(wing: str) -> None:
    files = list((ROOT / wing).rglob("*.py"))
    assert files
    for path in files:
        depth = len(path.relative_to(ROOT / wing).parts)
        for level, module in imports(path):
            assert level <= depth, f"{path} reaches out of its wing"
            if level == 0 and module.startswith("locomo_vqa."):
                assert module.split(".")[1] not in WINGS, f"{path} imports {module}"
            assert level or module.split(".")[0] not in WINGS, f"{path} imports {module}"


def test_the_readme_names_files_that_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target

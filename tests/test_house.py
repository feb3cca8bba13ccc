"""The rules of the house that the import linter can't see."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.import_graph import TREES, find_circles, read_graph

WINGS = ("builders", "evaluators", "leaderboard")
DASHES = {
    "builders/publishing/markdown.py": "a table in Markdown",
    "evaluators/distilling/memlora/data_card.py": "a table in Markdown",
    "evaluators/judging/injections.py": "an attack on a judge, as it is sent",
    "evaluators/metrics/encoding/finding.py": "an argument of hf, which the user is to run",
    "evaluators/metrics/sentences.py": "a dash in a text that is scored",
    "evaluators/metrics/words.py": "a dash in a text that is scored",
    "evaluators/third_party/install.py": "arguments of venv and pip",
    "locomo_vqa/image_decoding.py": "the beginning of an HTML page",
    "evaluators/hosting/sandbox/command.py": "bubblewrap's own arguments",
    "evaluators/hosting/sandbox/mounts.py": "the names of folders in a cache of models",
    "evaluators/hosting/sandbox/tool.py": "bubblewrap's own arguments",
    "leaderboard/submission/git_client.py": "arguments of git",
    "leaderboard/template/init.py": "arguments in the script that it writes",
    "leaderboard/template/repository.py": "arguments of git",
    "leaderboard/submission/git_heads.py": "arguments of git",
    "leaderboard/submission/git_trees.py": "arguments of git",
    "leaderboard/verification/report.py": "a table in Markdown",
}
"""Files below the command line with `--` in a string, each with its reason."""


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


def library_files() -> list[Path]:
    """Return the modules that are not the command line."""
    return [
        path
        for tree in TREES
        for path in sorted((ROOT / tree).rglob("*.py"))
        if "cli" not in path.relative_to(ROOT).parts and not path.name.startswith(("cli.", "cli_"))
    ]


@pytest.mark.slow
def test_click_is_imported_by_the_command_line_alone() -> None:
    importing = [
        path for path in library_files() for _, module in imports(path) if module == "click"
    ]
    assert importing == []


@pytest.mark.slow
def test_no_text_of_the_library_speaks_of_flags() -> None:
    """Docstrings are texts too; the files of `DASHES` have others, which are not flags of ours."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path in library_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and "--" in _text_of(node.value)
    }
    assert found == set(DASHES)


def _text_of(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""


def test_the_top_of_the_evaluators_can_be_taken_in_at_a_glance() -> None:
    assert len(list((ROOT / "evaluators").glob("*.py"))) <= 12


@pytest.mark.slow
def test_rooms_import_each_other_in_one_direction() -> None:
    assert find_circles(read_graph(ROOT)) == []


@pytest.mark.slow
def test_files_import_each_other_in_one_direction() -> None:
    """What a file imports for its types alone counts as well."""
    assert find_circles(read_graph(ROOT, files=True)) == []


def test_a_circle_of_rooms_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert find_circles(graph) == [["b", "c"]]


@pytest.mark.slow
def test_no_library_room_imports_the_command_line() -> None:
    graph = read_graph(ROOT)
    commands = {room for room in graph if room.split("/")[1] in ("cli", "cli_support")}
    allowed = {*commands, "locomo_vqa/__main__"}
    assert {room for room, named in graph.items() if named & commands} <= allowed

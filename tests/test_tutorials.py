"""A reader who types what the README or a tutorial shows gets through it, offline."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tutorials import read_blocks, read_session, shown_after

SAMPLE = ROOT / "locomo_vqa" / "sample" / "data" / "locomo.json"
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
COMMAND = f'locomo-vqa() {{ "{sys.executable}" -m locomo_vqa "$@"; }}; export -f locomo-vqa\n'
pytestmark = pytest.mark.slow


def follow(folder: Path, command: list[str], text: str) -> list[str]:
    """Run the text in a folder that has the files the blocks name; return the printed lines."""
    done = subprocess.run(
        command, cwd=folder, input=text, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    return [line.rstrip() for line in done.stdout.splitlines()]


def write_files(blocks: list[str], folder: Path) -> str:
    """Write each block that begins with a comment of a file's name, and return the others."""
    rest = []
    for block in blocks:
        first = block.split("\n", 1)[0]
        if first.startswith("# ") and first.endswith(".py"):
            (folder / first[2:]).write_text(block, encoding="utf-8")
        else:
            rest.append(block)
    return "\n".join(rest)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_from_python(path: Path, tmp_path: Path) -> None:
    text = write_files(read_blocks(path, "python"), tmp_path)
    follow(tmp_path, [sys.executable, "-"], text)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_from_the_command_line(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):  # Git asks for a name where none is set.
        monkeypatch.setenv(f"GIT_{role}_NAME", "Bo")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "bo@example.org")
    write_files(read_blocks(path, "python"), tmp_path)
    commands = "\n".join(read_blocks(path, "bash"))
    printed = follow(tmp_path, ["bash", "-euo", "pipefail", "-s"], COMMAND + commands)
    if path.stem == "score":  # What the others show has times in it.
        shown = shown_after(path, "bash")
        assert len(shown) > 30
        assert [line for line in shown if line not in printed] == []


def test_the_sessions_of_the_page_on_scores(tmp_path: Path) -> None:
    """The first two need nothing but the sample."""
    blocks = read_blocks(ROOT / "docs" / "scores.md", "console")[:2]
    commands, shown = zip(*map(read_session, blocks), strict=True)
    text = COMMAND + "\n".join(line for part in commands for line in part)
    printed = follow(tmp_path, ["bash", "-uo", "pipefail", "-s"], text)
    assert [line for part in shown for line in part if line not in printed] == []


def test_the_readme_from_python(tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "locomo10.json")
    run = 'import locomo_vqa as lv\nlv.run("bm25", benchmark="sample", out="runs/bm25")\n'
    blocks = read_blocks(ROOT / "README.md", "python")
    assert len(blocks) == 3
    assert all(len([line for line in block.split("\n") if line]) <= 10 for block in blocks)
    follow(tmp_path, [sys.executable, "-"], run + "\n".join(blocks))


def test_the_readme_from_the_command_line(tmp_path: Path) -> None:
    shutil.copy(SAMPLE, tmp_path / "locomo10.json")
    blocks = read_blocks(ROOT / "README.md", "bash")
    commands = [block for block in blocks if not block.startswith("python3 -m venv")]
    assert len(commands) == 3
    follow(tmp_path, ["bash", "-euo", "pipefail", "-s"], COMMAND + "\n".join(commands))

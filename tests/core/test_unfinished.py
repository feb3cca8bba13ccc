"""Hidden files and folders: those of killed processes are removed, those in use are left alone."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from locomo_vqa.errors import OutputError
from locomo_vqa.files import new_file, new_folder, write_text
from locomo_vqa.unfinished import discard

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked")

MAKER = """
import sys
from pathlib import Path
from locomo_vqa.files import new_file, new_folder

path, kind = Path(sys.argv[1]), sys.argv[2]
with new_folder(path, what="it", remedy="no") if kind == "folder" else new_file(path) as made:
    if made.is_dir():
        (made / "half").write_text("x")
    print(made.name, flush=True)
    sys.stdin.read()
"""


def _start(path: Path, kind: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", MAKER, str(path), kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_only_what_a_killed_process_left_is_removed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "site"
    killed, left = _start(path, kind)
    alive, used = _start(path, kind)
    with killed, alive:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert {file.name for file in tmp_path.iterdir()} == {left, used}
        if kind == "folder":
            with new_folder(path, what="it", remedy="no"):
                pass
        else:
            write_text(path, "whole")
        assert {file.name for file in tmp_path.iterdir()} == {"site", used}
        alive.communicate("")
        assert alive.returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def test_another_hidden_file_is_left_alone(tmp_path: Path) -> None:
    others = {".page.abcd1234", ".page.html.abcd1234.part", "page.abcd1234.part"}
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / ".page.abcd1234.part").touch()
    with new_file(tmp_path / "page") as made:
        made.write_text("whole")
    assert {file.name for file in tmp_path.iterdir()} == {*others, "page"}


def test_a_folder_is_discarded_at_once(tmp_path: Path) -> None:
    (tmp_path / "made" / "deep").mkdir(parents=True)
    (tmp_path / "made" / "deep" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "made")
    discard(tmp_path / "link")
    assert (tmp_path / "made" / "deep" / "file").exists()
    discard(tmp_path / "made")
    discard(tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_another_process_made_meanwhile_is_kept(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="it can't be created here: it already exists"),
        new_folder(tmp_path / "out", what="it", remedy="Choose another."),
    ):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "theirs"]

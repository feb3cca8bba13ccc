"""Locks between processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from locomo_vqa.errors import OutputError
from locomo_vqa.locks import lock_file, locked_folder

HOLD = """
import sys, time
from pathlib import Path
from locomo_vqa.locks import lock_file

stream = lock_file(Path(sys.argv[1]))
print("held" if stream else "busy", flush=True)
time.sleep(60 if stream else 0)
"""


def _process(path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with _process(path) as holder:
        try:
            assert _said(holder) == "held"
            assert lock_file(path) is None
            with _process(path) as other:
                assert _said(other) == "busy"
            path.read_bytes()
        finally:
            holder.send_signal(signal.SIGKILL)
    stream = lock_file(path)
    assert stream is not None
    assert lock_file(path) is None
    stream.close()
    assert list(tmp_path.iterdir()) == [path]


def test_on_windows_the_file_itself_stays_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Windows lock keeps others from reading, so it is put on a file beside."""
    monkeypatch.setattr(sys, "platform", "win32")
    stream = lock_file(tmp_path / "file")
    assert stream is not None
    with stream:
        assert [path.name for path in tmp_path.iterdir()] == [".file.lock"]
        assert lock_file(tmp_path / "file") is None


@pytest.mark.skipif(sys.platform == "win32", reason="folders can't be locked")
def test_a_folder_is_one_process_s_until_the_block_ends(tmp_path: Path) -> None:
    with locked_folder(tmp_path, busy="another process sweeps it", remedy="Wait."):
        with (
            pytest.raises(OutputError, match=r": another process sweeps it\. Wait\."),
            locked_folder(tmp_path, busy="another process sweeps it", remedy="Wait."),
        ):
            pass
        assert list(tmp_path.iterdir()) == []
    with locked_folder(tmp_path, busy="another process sweeps it", remedy="Wait."):
        pass

"""Files that only grow: what a killed writer, a full disk and a second process leave of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.jsonl_log import JsonlLog, read_jsonl_log

WHAT, REMEDY = "the log", "Wait for it to end."


def _open(path: Path) -> JsonlLog:
    return JsonlLog(path, what=WHAT, remedy=REMEDY)


def test_lines_are_there_as_soon_as_they_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    with _open(path) as file:
        assert file.rows() == []
        file.append({"word": "ü\n"})
        assert path.read_bytes() == '{"word": "ü\\n"}\n'.encode()
    with _open(path) as file:
        file.append(2)
        assert file.rows() == [(1, {"word": "ü\n"}), (2, 2)]


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"", b""),
        (b"1\n2\n", b"1\n2\n"),
        (b"1\n2", b"1\n"),
        (b'{"a', b""),
        (b"1\n\n\xc3", b"1\n\n"),
        (b"1\n" + b"x" * 200_000, b"1\n"),
        (b"x" * 200_000, b""),
    ],
)
def test_an_unfinished_last_line_is_cut_off(content: bytes, left: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    assert len(read_jsonl_log(path, what=WHAT)) == len(left.split())
    assert path.read_bytes() == content
    with _open(path) as file:
        assert path.read_bytes() == left
        file.append({})
    assert path.read_bytes() == left + b"{}\n"


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with _open(tmp_path / "log.jsonl") as file:
        file.append(1)
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(OutputError, match=r"the log can't be written \(No space left"):
                file.append(2)
        file.append(3)
        assert file.rows() == [(1, 1), (2, 3)]


def test_one_process_holds_the_file_and_others_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    script = (
        "import sys; from pathlib import Path; from locomo_vqa.jsonl_log import JsonlLog;"
        "JsonlLog(Path(sys.argv[1]), what='the log', remedy='Wait.')"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(path)]
    with _open(path) as file:
        file.append(1)
        assert read_jsonl_log(path, what=WHAT) == [(1, 1)]
        held = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert held.returncode == 1
        assert "another process is writing the log. Wait." in held.stderr
    assert subprocess.run(command, timeout=60).returncode == 0


def test_threads_may_share_it(tmp_path: Path) -> None:
    with _open(tmp_path / "log.jsonl") as file, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: file.append([number, "x" * 5000]), range(100)))
    lines = (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)[0] for line in lines) == list(range(100))


def test_what_can_t_be_read_or_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the log can't be written"):
        _open(tmp_path / "none" / "log.jsonl")
    with pytest.raises(InputError, match="the log does not exist"):
        read_jsonl_log(tmp_path / "log.jsonl", what=WHAT)
    (tmp_path / "log.jsonl").write_bytes(b"1\n\xff\n")
    with pytest.raises(InputError, match=r"not UTF-8 text \(byte 2\)"):
        read_jsonl_log(tmp_path / "log.jsonl", what=WHAT)
    (tmp_path / "log.jsonl").write_bytes(b"1\nx\n")
    with pytest.raises(InputError, match="the log is not valid JSON at line 2"):
        read_jsonl_log(tmp_path / "log.jsonl", what=WHAT)


def test_a_lone_surrogate_never_keeps_a_line_from_being_written(tmp_path: Path) -> None:
    """It comes from a request's or a reply's JSON; the call was paid, so it must be counted."""
    with _open(tmp_path / "log.jsonl") as log:
        log.append({"model": "\ud800", "\udfff": 1})
        assert log.rows() == [(1, {"model": "\ufffd", "\ufffd": 1})]

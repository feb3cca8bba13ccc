"""A folder that can't be written is named with the parameter to change."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from locomo_vqa.errors import OutputError
from locomo_vqa.evaluators.distilling.out_folder import locked_out


def test_a_folder_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's answer is replaced, because an administrator may write everywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError) as caught, locked_out(tmp_path):
        pass
    assert str(caught.value) == f"{tmp_path}: can't be written. Choose another `out`."


def test_a_folder_that_can_not_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="can't be created") as caught,
        locked_out(tmp_path / "file" / "out"),
    ):
        pass
    assert "`out`" in caught.value.remedy


def test_a_folder_that_becomes_read_only(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, locked_out(tmp_path / "out"):
        raise OSError(errno.EROFS, "Read-only file system", "out/data")
    assert caught.value.message == "out/data: can't be written (Read-only file system)."
    assert "choose another `out`" in caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_other_errors_are_not_about_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), locked_out(tmp_path):
        raise OSError(errno.ECONNREFUSED, "Connection refused")

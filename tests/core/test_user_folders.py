"""Where caches and environments are kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from platformdirs.api import PlatformDirsABC
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import Windows

from locomo_vqa.user_folders import cache_folder, encoders_folder, systems_folder

FOLDERS: dict[type[PlatformDirsABC], tuple[str, str]] = {
    Unix: (".cache", ".local/share"),
    MacOS: ("Library/Caches", "Library/Application Support"),
    Windows: ("AppData/Local", "AppData/Local"),
}


@pytest.mark.parametrize("platform", FOLDERS)
def test_the_folders_follow_the_platform(
    platform: type[PlatformDirsABC], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in list(os.environ):
        if name.startswith(("XDG_", "LOCOMO_VQA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    local = tmp_path / "AppData" / "Local"
    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda _: str(local))
    monkeypatch.setattr("platformdirs.PlatformDirs", platform)
    cache, data = FOLDERS[platform]
    assert cache_folder() == tmp_path / cache / "locomo-vqa"
    assert systems_folder() == tmp_path / data / "locomo-vqa" / "systems"
    assert encoders_folder() is None


def test_the_user_s_own_folders_are_respected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in ("LOCOMO_VQA_CACHE", "LOCOMO_VQA_SYSTEMS_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("platformdirs.PlatformDirs", Unix)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert cache_folder() == tmp_path / "caches" / "locomo-vqa"
    assert systems_folder() == tmp_path / "data" / "locomo-vqa" / "systems"


def test_environment_variables_name_the_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOCOMO_VQA_CACHE", str(tmp_path / "c"))
    monkeypatch.setenv("LOCOMO_VQA_SYSTEMS_DIR", str(tmp_path / "s"))
    monkeypatch.setenv("LOCOMO_VQA_L_MODELS", str(tmp_path / "m"))
    folders = (cache_folder(), systems_folder(), encoders_folder())
    assert folders == (tmp_path / "c", tmp_path / "s", tmp_path / "m")

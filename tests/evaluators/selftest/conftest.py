"""Keeps the self-test from searching the folders of whoever runs the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from locomo_vqa.evaluators.selftest import gathering


@pytest.fixture(scope="session", autouse=True)
def nobodys_home() -> Iterator[None]:
    """Have the self-test search no folder but its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "users_folders", lambda: ())
        yield


@pytest.fixture
def users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that the self-test takes for the user's home."""
    home = tmp_path / "users-home"
    home.mkdir()
    monkeypatch.setattr(gathering, "users_folders", lambda: (home,))
    return home

"""Scenes that are closed when a test ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .scripted import Scene, Script


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Scene]]:
    made: list[Scene] = []

    def make(script: Script, **settings: Any) -> Scene:
        made.append(Scene(script, monkeypatch, **settings))
        return made[-1]

    yield make
    for each in made:
        each.runner.close()

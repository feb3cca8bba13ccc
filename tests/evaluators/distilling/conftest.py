"""Small base models, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluators.systems.memlora.conftest import packages
from tests.evaluators.systems.memlora.tiny import make_base

__all__ = ["packages", "qwen2"]


@pytest.fixture(scope="session")
def qwen2(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model without images."""
    return make_base(tmp_path_factory.mktemp("qwen2") / "base", "qwen2")

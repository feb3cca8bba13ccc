"""Small base models, made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evaluators.systems.memlora.tiny import make_base


@pytest.fixture(scope="session")
def packages() -> Iterator[None]:
    """Skip where nothing can be trained; one thread, as everywhere in these tests."""
    for package in ("transformers", "peft"):
        pytest.importorskip(package, reason="needs the models extra")
    torch = pytest.importorskip("torch", reason="needs the models extra")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def qwen2(packages: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model without pictures."""
    return make_base(tmp_path_factory.mktemp("qwen2") / "base", "qwen2")

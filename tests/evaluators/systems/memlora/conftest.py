"""Base models and experts, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .tiny import BASES, TARGETS, VISION, make_base, make_experts


@dataclass(frozen=True)
class Trained:
    """A base model and its experts."""

    base: Path
    experts: Path
    names: tuple[str, ...]

    @property
    def spec(self) -> str:
        """The base model's name, in the number format in which it can be compared."""
        return f"transformers:{self.base}?threads=1&dtype=float32"


@pytest.fixture(scope="session")
def packages() -> Iterator[None]:
    """Skip where there is no runtime for adapters; one thread, as everywhere in these tests."""
    for package in ("transformers", "peft"):
        pytest.importorskip(package, reason="needs the models extra")
    torch = pytest.importorskip("torch", reason="needs the models extra")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def all_trained(packages: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    """One of each architecture; InternVL's has a vision expert."""
    made = {}
    for base in BASES:
        folder = tmp_path_factory.mktemp(base)
        targets = {**TARGETS, **(VISION if base == "internvl" else {})}
        weights = make_base(folder / "base", base)
        experts = make_experts(folder / "experts", weights, targets)
        made[base] = Trained(weights, experts, tuple(targets))
    return made


@pytest.fixture(params=BASES)
def trained(request: pytest.FixtureRequest, all_trained: dict[str, Trained]) -> Trained:
    """Each architecture in turn."""
    return all_trained[request.param]

"""The table of bundled systems, and the list of all systems."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from locomo_vqa.evaluators.systems.bm25 import BM25
from locomo_vqa.evaluators.systems.bundled import SYSTEMS
from locomo_vqa.evaluators.systems.catalogue import systems
from locomo_vqa.evaluators.systems.duomem.system import DuoMem
from locomo_vqa.evaluators.systems.full_context import FullContext
from locomo_vqa.evaluators.systems.mem0 import Mem0, Mem0Captions, Mem0V
from locomo_vqa.evaluators.systems.memlora.system import MemLoRA, MemLoRAV
from locomo_vqa.evaluators.systems.no_memory import NoMemory
from locomo_vqa.evaluators.third_party import load_recipes
from locomo_vqa.system import MemorySystem

ANSWERING: tuple[type[MemorySystem], ...] = (
    NoMemory,
    BM25,
    FullContext,
    Mem0,
    Mem0Captions,
    Mem0V,
    MemLoRA,
    MemLoRAV,
    DuoMem,
)
"""Typed, so that the type checker compares each class with what the protocol says."""


def load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_row_names_a_memory_system(name: str) -> None:
    paths = (SYSTEMS[name].path, SYSTEMS[name].with_model)
    for found in [load(path) for path in paths if path is not None]:
        methods = {method for method in dir(found) if callable(getattr(found, method))}
        assert {"open", "add", "flush", "close"} <= methods
        assert found in ANSWERING or "search" in methods
        assert isinstance(found.version, str)


def test_all_systems_are_listed_by_name() -> None:
    known = systems()
    assert list(known) == [*SYSTEMS, *load_recipes()]
    assert [info.name for info in known.values()] == list(known)
    bundled = known["mem0-v"]
    assert (bundled.kind, bundled.needs_model, bundled.environment) == ("bundled", True, None)
    installed = known["mem0ai-1"]
    assert (installed.kind, installed.sees) == ("third-party", "descriptions, captions")
    assert installed.environment is not None
    assert installed.to_json()["licence"] == "Apache-2.0"

"""The memory systems that are part of the toolkit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SYSTEMS", "BundledSystem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledSystem:
    """A bundled system."""

    path: str
    """The system's class, as `module:Class`."""
    about: str
    """What it does, in one line."""
    sees: str = "nothing"
    """A phrase that says how it sees images."""
    needs_model: bool = True
    """Whether it can't run without a model."""
    with_model: str | None = None
    """The class that replaces it in a run with a model, as `module:Class`."""
    remembers: bool = True
    """Whether it is meant to remember what it reads."""


_HERE = "locomo_vqa.evaluators.systems"

SYSTEMS: Mapping[str, BundledSystem] = {
    "no-memory": BundledSystem(
        path=f"{_HERE}.no_memory:NoMemory",
        about="remembers nothing; with a model it guesses, and sees the image of a question",
        sees="with a model: pixels, captions",
        needs_model=False,
        remembers=False,
    ),
    "bm25": BundledSystem(
        path=f"{_HERE}.bm25:BM25",
        about="finds turns by BM25; answers with a model, or with a span of the best turn",
        sees="captions",
        needs_model=False,
        with_model=f"{_HERE}.bm25_passages:BM25Passages",
    ),
    "full-context": BundledSystem(
        path=f"{_HERE}.full_context:FullContext",
        about="sends the whole conversation with every question",
        sees="pixels, captions",
    ),
    "dense": BundledSystem(
        path=f"{_HERE}.dense:Dense",
        about="finds turns by embeddings; the model answers from them",
        sees="captions",
    ),
    "mem0": BundledSystem(
        path=f"{_HERE}.mem0:Mem0",
        about="runs Mem0's stages: extraction, update, retrieval, generation",
    ),
    "mem0-captions": BundledSystem(
        path=f"{_HERE}.mem0:Mem0Captions",
        about="mem0, reading captions instead of images",
        sees="captions",
    ),
    "mem0-v": BundledSystem(
        path=f"{_HERE}.mem0:Mem0V",
        about="mem0, seeing images and finding them again",
        sees="pixels, captions",
    ),
    "memlora": BundledSystem(
        path=f"{_HERE}.memlora.system:MemLoRA",
        about="mem0's stages on one small model with an adapter for each stage",
    ),
    "memlora-v": BundledSystem(
        path=f"{_HERE}.memlora.system:MemLoRAV",
        about="memlora with a vision adapter, on a model that sees",
        sees="pixels, captions",
    ),
    "duomem": BundledSystem(
        path=f"{_HERE}.duomem.system:DuoMem",
        about="mem0's stages with a teacher's memories, a LoRA of its answers, or both",
    ),
}
"""The bundled systems by name, in the order of the `systems` command."""

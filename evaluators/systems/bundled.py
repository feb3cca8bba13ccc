"""The memory systems that come with the toolkit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SYSTEMS", "BundledSystem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledSystem:
    """A system that comes with the toolkit."""

    path: str
    """`module:Class`."""
    needs_model: bool
    """Whether it can't run without `--model`."""
    sees: str
    """What it makes use of in a picture, as a phrase."""
    about: str
    """What it does, in a line."""
    with_model: str | None = None
    """`module:Class` of what runs in its place where `--model` names a model."""
    remembers: bool = True
    """Whether it is meant to remember what it reads."""


SYSTEMS: Mapping[str, BundledSystem] = {
    "no-memory": BundledSystem(
        path="locomo_vqa.evaluators.systems.no_memory:NoMemory",
        needs_model=False,
        sees="with a model: pixels, captions",
        about="forgets everything; with a model it guesses, and looks at a question's picture",
        remembers=False,
    ),
    "bm25": BundledSystem(
        path="locomo_vqa.evaluators.systems.bm25:BM25",
        needs_model=False,
        sees="captions",
        about="finds turns by BM25; a model answers from them, or without one a span of the best",
        with_model="locomo_vqa.evaluators.systems.bm25_passages:BM25Passages",
    ),
    "full-context": BundledSystem(
        path="locomo_vqa.evaluators.systems.full_context:FullContext",
        needs_model=True,
        sees="pixels, captions",
        about="puts the whole conversation before every question",
    ),
    "dense": BundledSystem(
        path="locomo_vqa.evaluators.systems.dense:Dense",
        needs_model=True,
        sees="captions",
        about="finds turns by an embedder; the model answers from them",
    ),
    "mem0": BundledSystem(
        path="locomo_vqa.evaluators.systems.mem0:Mem0",
        needs_model=True,
        sees="nothing",
        about="Mem0's stages: extraction, update, retrieval, generation",
    ),
    "mem0-captions": BundledSystem(
        path="locomo_vqa.evaluators.systems.mem0:Mem0Captions",
        needs_model=True,
        sees="captions",
        about="mem0 that reads captions in the place of pictures",
    ),
    "mem0-v": BundledSystem(
        path="locomo_vqa.evaluators.systems.mem0:Mem0V",
        needs_model=True,
        sees="pixels, captions",
        about="mem0 that sees pictures, and finds them again",
    ),
    "memlora": BundledSystem(
        path="locomo_vqa.evaluators.systems.memlora.system:MemLoRA",
        needs_model=True,
        sees="nothing",
        about="mem0's stages on one small model, an expert adapter for each",
    ),
    "memlora-v": BundledSystem(
        path="locomo_vqa.evaluators.systems.memlora.system:MemLoRAV",
        needs_model=True,
        sees="pixels, captions",
        about="memlora with a vision expert, on a model that sees",
    ),
    "duomem": BundledSystem(
        path="locomo_vqa.evaluators.systems.duomem.system:DuoMem",
        needs_model=True,
        sees="nothing",
        about="mem0's stages with a teacher's memories, a LoRA of its answers, or both",
    ),
}
"""The bundled systems by name."""

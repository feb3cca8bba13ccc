"""Mem0's memory pipeline, shared by `mem0`, `memlora`, `duomem` and their distillation.

A `Pipeline` reads sessions (extraction, then update), finds memories (retrieval) and answers from
them (generation). `StageModels` asks one model in every stage, `ExpertModels` an adapter for each.
`ImageMemory` remembers shared images in addition to facts. `TeacherMemories` are memories that
another model made.
"""

from __future__ import annotations

from .anomalies import AnomalyCounts
from .embedding import Embedder, EndpointEmbedder, LexicalEmbedder, open_embedder
from .experts import ExpertModels
from .images import ImageMemory, ImageUse
from .memory_folder import TeacherMemories, TurnsHash, read_memories
from .pipeline import Pipeline, TurnLine
from .settings import (
    LEXICAL_EMBEDDER,
    MEMORY_OPTIONS,
    MINILM_EMBEDDER,
    RUN_ONLY_OPTIONS,
    MemorySettings,
    check_embedder,
)
from .speaker_stores import SpeakerStores
from .stage_models import StageModels
from .store import Memory, MemoryStore
from .student import refuse_own_prompts, student_base, student_settings
from .usage import PipelineUsage

__all__ = [
    "LEXICAL_EMBEDDER",
    "MEMORY_OPTIONS",
    "MINILM_EMBEDDER",
    "RUN_ONLY_OPTIONS",
    "AnomalyCounts",
    "Embedder",
    "EndpointEmbedder",
    "ExpertModels",
    "ImageMemory",
    "ImageUse",
    "LexicalEmbedder",
    "Memory",
    "MemorySettings",
    "MemoryStore",
    "Pipeline",
    "PipelineUsage",
    "SpeakerStores",
    "StageModels",
    "TeacherMemories",
    "TurnLine",
    "TurnsHash",
    "check_embedder",
    "open_embedder",
    "read_memories",
    "refuse_own_prompts",
    "student_base",
    "student_settings",
]

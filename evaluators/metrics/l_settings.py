"""How L, BERTScore and SBERT are computed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

__all__ = ["LSettings", "Preset"]

Preset: TypeAlias = Literal["paper", "minilm"]
"""The encoder of BERTScore: `paper` takes roberta-large, as bert-score does for English, `minilm`
takes all-MiniLM-L6-v2, which SBERT always takes. Their values are on different scales."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LSettings:
    """How L, BERTScore and SBERT are computed."""

    preset: Preset = "paper"
    """The encoder of BERTScore."""
    models: Path | None = None
    """The folder with the encoders; None for $LOCOMO_VQA_L_MODELS or the Hub client's cache."""
    threads: int = 1
    """Threads of an encoder."""
    cache: bool = True
    """Whether values are kept for the next scoring, and taken from earlier ones."""

"""The settings of L, BERTScore and SBERT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from locomo_vqa.arguments import check_choice, check_number

__all__ = ["LSettings", "Preset"]

Preset: TypeAlias = Literal["paper", "minilm"]
"""The encoder of BERTScore: `paper` takes roberta-large, as bert-score does for English, `minilm`
takes all-MiniLM-L6-v2, which SBERT always takes. Their values are on different scales."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LSettings:
    """The settings of L, BERTScore and SBERT."""

    preset: Preset = "paper"
    """The encoder of BERTScore."""
    models: Path | None = None
    """The folder with the encoders; None for $LOCOMO_VQA_L_MODELS or the Hub client's cache."""
    threads: int = 1
    """Threads of an encoder."""
    cache: bool = True
    """Whether values are kept for the next scoring, and taken from earlier ones."""

    @classmethod
    def checked(
        cls, *, preset: str, models: str | Path | None, threads: int, cache: bool
    ) -> LSettings:
        """Return settings made of the arguments of a public call.

        Raises:
            InputError: the preset or the number of threads is not possible.
        """
        check_choice("l_preset", preset, get_args(Preset))
        check_number("threads", threads, low=1, whole=True)
        folder = None if models is None else Path(models)
        return cls(
            preset="minilm" if preset == "minilm" else "paper",
            models=folder,
            threads=threads,
            cache=cache,
        )

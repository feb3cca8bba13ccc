"""The settings of L, BERTScore and SBERT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from locomo_vqa.arguments import check_choice, check_number

__all__ = ["LSettings", "Preset"]

Preset: TypeAlias = Literal["paper", "minilm"]
"""The encoder of BERTScore: `paper` is roberta-large, bert-score's default for English; `minilm` is
all-MiniLM-L6-v2, the encoder of SBERT. Their values are on different scales."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LSettings:
    """The settings of L, BERTScore and SBERT."""

    preset: Preset = "paper"
    """The encoder of BERTScore."""
    models: Path | None = None
    """The folder with the encoders; None for $LOCOMO_VQA_L_MODELS or the Hub client's cache."""
    threads: int = 1
    """The number of threads per encoder."""
    cache: bool = True
    """Whether to cache values and use cached ones."""

    @classmethod
    def checked(
        cls, *, preset: str, models: str | Path | None, threads: int, cache: bool
    ) -> LSettings:
        """Return the settings for the arguments of a public function.

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

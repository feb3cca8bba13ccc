"""Embeds texts in this process with all-MiniLM-L6-v2, as sentence-transformers does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.runs import Usage

from ..metrics.encoding.encoder import Encoder
from ..metrics.encoding.finding import model_files
from ..metrics.encoding.specs import MINILM
from ..metrics.sbert import embedding, shortened
from ..metrics.value_cache import ValueCache, cache_file
from .minilm_files import find_minilm
from .settings import MINILM_EMBEDDER

__all__ = ["MiniLMEmbedder"]


class MiniLMEmbedder:
    """The encoder on onnxruntime: means of the last states, of length 1, of at most 256 tokens.

    Raises:
        InputError: a file of the encoder is damaged.
        MissingResource: the encoder is not on this machine.
    """

    def __init__(self) -> None:
        folder = find_minilm()
        self._encoder = _open_encoder(folder)
        self._weights = model_files(folder, ValueCache(cache_file())).weights

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], Usage | None]:
        """Return a vector for each text."""
        inputs = [shortened(tokens) for tokens in self._encoder.tokenize(texts)]
        vectors = np.zeros((len(inputs), MINILM.width), np.float32)
        for places, states in self._encoder.states(inputs):
            vectors[places] = embedding(states)
        return vectors, None

    async def close(self) -> None:
        """Do nothing: the encoder stays open for other conversations of this process."""

    @property
    def record(self) -> Mapping[str, str]:
        """Its name, and the model with the SHA-256 of its weights."""
        return {"name": MINILM_EMBEDDER, "model": f"{MINILM.repository}@{self._weights[:12]}"}


@lru_cache(maxsize=1)
def _open_encoder(folder: Path) -> Encoder:
    return Encoder(MINILM, folder, threads=1)

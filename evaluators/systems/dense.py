"""Finds turns with an embedder; the harness answers from them with the run's model.

This is the usual baseline of retrieval-augmented generation: each turn, with its speaker and day,
is a passage, and the passages with the largest cosine to the question are retrieved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from locomo_vqa.arguments import check_option_names
from locomo_vqa.errors import InputError
from locomo_vqa.system import ConversationInfo, Hit, Services, ShownTurn

from ..memory import (
    LEXICAL_EMBEDDER,
    MINILM_EMBEDDER,
    Embedder,
    EndpointEmbedder,
    check_embedder,
    open_embedder,
)
from ..memory.embedding import Vectors
from ..memory.stage_models import stage_endpoint
from .passages import passage_of

__all__ = ["Dense"]


_OF_THIS_PROCESS = (LEXICAL_EMBEDDER, MINILM_EMBEDDER)


class Dense:
    """A retrieval-only system that finds turns by cosine similarity.

    The option `embedder` is `lexical` (the default), `minilm`, the name of a model at the run's
    endpoint, or `openai:<base URL>?model=<name>`.
    """

    version = "1"

    @staticmethod
    def check_options(options: Mapping[str, str], model: str | None) -> None:
        """Check the options of a run before it begins.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        check_option_names("dense", options, ["embedder"])
        embedder = options.get("embedder", LEXICAL_EMBEDDER)
        if embedder.startswith("openai:") or embedder in _OF_THIS_PROCESS:
            check_embedder(embedder)
        elif not (model or "").startswith("openai:"):
            raise InputError(
                f"`options`: embedder={embedder} is a model's name, but `model` is not an endpoint "
                "that could serve it.",
                "Use embedder=lexical, minilm, or openai:<base URL>?model=<name>.",
            )

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the embedder; passages and vectors are kept in memory."""
        self._runner = asyncio.Runner()
        self._embedder = _open_embedder(services)
        self._passages: list[Hit] = []
        self._vectors: list[Vectors] = []

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Embed the turns of a session in one call.

        Raises:
            ModelError: the embedder returned no vectors.
        """
        passages = [passage for passage in map(passage_of, turns) if passage is not None]
        if passages:
            self._vectors.append(self._embed([passage.text for passage in passages]))
            self._passages += passages

    def flush(self) -> None:
        """Do nothing: there is no pending work."""

    def search(self, query: str, k: int, now: datetime) -> list[Hit]:
        """Return the `k` turns with the largest cosine; ties go to the earlier turn.

        Raises:
            ModelError: the embedder returned no vectors.
        """
        if not self._passages:
            return []
        (wanted,) = self._embed([query])
        cosines = np.concatenate(self._vectors).astype(np.float64) @ wanted
        best = np.argsort(-cosines, kind="stable")[:k]
        return [replace(self._passages[row], score=float(cosines[row])) for row in best]

    def close(self) -> None:
        """Close the connections."""
        self._runner.run(self._embedder.close())
        self._runner.close()

    @property
    def embedder_record(self) -> Mapping[str, str]:
        """The embedder, for the run's record."""
        return self._embedder.record

    def _embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of length 1; a zero vector stays zero."""
        vectors, _ = self._runner.run(self._embedder.embed(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _open_embedder(services: Services) -> Embedder:
    name = services.options.get("embedder", LEXICAL_EMBEDDER)
    if name in _OF_THIS_PROCESS or name.startswith("openai:"):
        return open_embedder(name)
    assert services.llm is not None
    return EndpointEmbedder(replace(stage_endpoint(services.llm, "embedding"), model=name))

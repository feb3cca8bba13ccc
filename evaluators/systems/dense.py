"""Turns found by an embedder; the harness answers from them with the model of `--model`.

The usual baseline of retrieval-augmented generation: each turn, with its speaker and its day, is
a passage, and the passages whose vectors have the largest cosine with the question's are found.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.system import ConversationInfo, Endpoint, Hit, Services, ShownTurn

from ..memory.embedding import Embedder, EndpointEmbedder, LexicalEmbedder, Vectors
from .passages import passage_of

__all__ = ["Dense"]

LEXICAL_EMBEDDER = "lexical"
_TIMEOUT_S = 120.0


class Dense:
    """Finds turns by the cosine of their vectors; it only retrieves.

    `--option embedder=` is `lexical` (the default), a model's name at the endpoint of `--model`,
    or `openai:<base URL>?model=<name>`.
    """

    version = "1"

    @staticmethod
    def check_options(options: Mapping[str, str], model: str | None) -> None:
        """Raise an InputError for an option that is not understood."""
        for name in options:
            if name != "embedder":
                raise InputError(f"--option {name}: dense has no such option.", "It has embedder.")
        embedder = options.get("embedder", LEXICAL_EMBEDDER)
        if embedder.startswith("openai:"):
            parse_endpoint(embedder, timeout_s=_TIMEOUT_S)
        elif embedder != LEXICAL_EMBEDDER and not (model or "").startswith("openai:"):
            raise InputError(
                f"--option embedder={embedder}: --model names no endpoint that could have it.",
                "Give embedder=lexical, or embedder=openai:<base URL>?model=<name>.",
            )

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Begin with no passage; the vectors are in memory."""
        self._runner = asyncio.Runner()
        self._embedder = _open_embedder(services)
        self._passages: list[Hit] = []
        self._vectors: list[Vectors] = []

    def add(self, turns: Sequence[ShownTurn]) -> None:
        """Embed a session's turns, in one call.

        Raises:
            ModelError: the embedder gave no vectors.
        """
        passages = [passage for passage in map(passage_of, turns) if passage is not None]
        if passages:
            self._vectors.append(self._embed([passage.text for passage in passages]))
            self._passages += passages

    def flush(self) -> None:
        """Nothing is pending."""

    def search(self, query: str, k: int, now: datetime) -> list[Hit]:
        """Return the `k` turns of largest cosine, the earlier first where it is the same."""
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

    def _embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of length 1, or 0 for a text that the embedder has nothing to say of."""
        vectors, _ = self._runner.run(self._embedder.embed(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _open_embedder(services: Services) -> Embedder:
    named = services.options.get("embedder", LEXICAL_EMBEDDER)
    if named == LEXICAL_EMBEDDER:
        return LexicalEmbedder()
    if named.startswith("openai:"):
        return EndpointEmbedder(parse_endpoint(named, timeout_s=_TIMEOUT_S))
    assert services.llm is not None
    return EndpointEmbedder(_of_stage(services.llm, named))


def _of_stage(llm: Endpoint, model: str) -> Endpoint:
    """Return an embedding model at the endpoint of `--model`, metered as such."""
    url = llm.base_url
    if "/c/" in url and url.endswith("/llm/v1"):
        url = url.removesuffix("llm/v1") + "embedding/v1"
    return replace(llm, base_url=url, model=model)

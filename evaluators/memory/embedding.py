"""Embeds texts with an OpenAI-compatible server, or locally, by their words or with MiniLM."""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.json_gate import load_json
from locomo_vqa.models.chat import ModelFailed
from locomo_vqa.models.clients import open_client
from locomo_vqa.models.completions import token_count
from locomo_vqa.models.dialects import Wording, dialect_of
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.models.endpoint_memory import keep_learned, learned_before
from locomo_vqa.models.key_homes import no_key_hint
from locomo_vqa.models.retries import fault_of, wait_before_retry
from locomo_vqa.runs import Usage
from locomo_vqa.system import Endpoint

from .settings import LEXICAL_EMBEDDER, MINILM_EMBEDDER
from .text_matching import stems

__all__ = ["Embedder", "EndpointEmbedder", "LexicalEmbedder", "Vectors", "open_embedder"]

Vectors = NDArray[np.float32]
"""An array of shape (texts, dimensions)."""

_BATCH = 256
_TIMEOUT_S = 120.0
_MOST_BYTES = 32 << 20
"""Of a reply; 256 vectors of 4,096 numbers have about 20 MB."""
_STATUSES = frozenset({400, 413, 422})
_ABOUT_SIZE = re.compile(r"batch|too many|too large|too long|at most|exceed|maximum|larger", re.I)
_BATCHES: dict[tuple[str, str], int] = {}
"""The maximum number of texts per request, by endpoint and model."""
_KEPT_AS = "embedding_batch"
_LARGEST = 1e30

_FUNCTION_WORDS = frozenset(
    stems(
        "a an the and or but if so than then of in on at to for from with by as about into over "
        "out up is am are was were be been being do does did done has have had having will would "
        "can could may might must shall should i me my we us our you your he him his she her it "
        "its they them their this that these those there here what which who whom whose when "
        "where why how not no yes s t ll re ve d m"
    )
)


class Embedder(Protocol):
    """Makes vectors that are close where texts are similar."""

    async def embed(self, texts: Sequence[str]) -> tuple[Vectors, Usage | None]:
        """Return a vector for each text, and the usage if a server was asked.

        Raises:
            ModelError: the server returned no vectors.
        """

    async def close(self) -> None:
        """Close connections."""

    @property
    def record(self) -> Mapping[str, str]:
        """What a run records of it: its `name`, and the `model` that its server named."""


class LexicalEmbedder:
    """Hashed bags of stemmed words: texts are close only if they share words.

    Each stem that is not a function word adds 1 + ln(its count) to one dimension, with a sign; both
    come from the stem's BLAKE2 hash. Vectors have length 1, or 0 for a text without such words.
    It knows no synonyms, but needs no model and retrieves the same texts on every machine.
    """

    def __init__(self, dimensions: int = 2048) -> None:
        self._dimensions = dimensions

    async def embed(self, texts: Sequence[str]) -> tuple[Vectors, Usage | None]:
        """Return a vector for each text."""
        vectors = np.zeros((len(texts), self._dimensions), np.float32)
        for row, text in enumerate(texts):
            counts = Counter(stem for stem in stems(text) if stem not in _FUNCTION_WORDS)
            for stem, times in counts.items():
                dimension, sign = _dimension_and_sign(stem, self._dimensions)
                vectors[row, dimension] += sign * (1 + math.log(times))
            length = float(np.linalg.norm(vectors[row]))
            if length:
                vectors[row] /= length
        return vectors, None

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""

    @property
    def record(self) -> Mapping[str, str]:
        """Its name; it is a part of the toolkit."""
        return {"name": LEXICAL_EMBEDDER}


@lru_cache(maxsize=65_536)
def _dimension_and_sign(stem: str, dimensions: int) -> tuple[int, int]:
    digest = int.from_bytes(hashlib.blake2b(stem.encode(), digest_size=8).digest(), "big")
    return (digest >> 1) % dimensions, 1 if digest & 1 else -1


class EndpointEmbedder:
    """An embedding model behind an OpenAI-compatible endpoint.

    How many texts it takes a request is learned from its refusals, and remembered.
    """

    def __init__(self, endpoint: Endpoint, *, tries: int = 3) -> None:
        self._endpoint = endpoint
        self._tries = tries
        self._client = open_client(endpoint, most_bytes=_MOST_BYTES)
        self._dialect = dialect_of(endpoint)
        self._key = (endpoint.base_url, endpoint.model)
        self._answered: str | None = None
        _BATCHES.setdefault(self._key, _batch_before(endpoint))

    async def embed(self, texts: Sequence[str]) -> tuple[Vectors, Usage | None]:
        """Return a vector for each text."""
        replies: list[tuple[list[list[float]], int | None]] = []
        place, learned = 0, False
        while place < len(texts):
            part = list(texts[place : place + _BATCHES[self._key]])
            try:
                replies.append(await self._ask(part))
            except _TooMany as error:
                _BATCHES[self._key], learned = error.most, True
                continue
            place += len(part)
        if learned:
            keep_learned(self._endpoint, {_KEPT_AS: _BATCHES[self._key]})
        rows = [row for vectors, _ in replies for row in vectors]
        if len({len(row) for row in rows}) > 1:
            raise ModelFailed("the embedder's vectors have different lengths")
        tokens = [count for _, count in replies]
        known = [count for count in tokens if count is not None]
        total = sum(known) if len(known) == len(tokens) else None
        usage = Usage(input_tokens=total, output_tokens=0, calls=len(replies))
        return np.array(rows, np.float32), usage

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    @property
    def record(self) -> Mapping[str, str]:
        """Its name, and the model that its server named."""
        named = {} if self._answered is None else {"model": self._answered}
        return {"name": self._endpoint.model, **named}

    async def _ask(self, texts: list[str]) -> tuple[list[list[float]], int | None]:
        plain = {
            "model": self._endpoint.model,
            "input": texts,
            "encoding_format": "float",
            **_fields_of(self._endpoint),
        }
        wording, attempt = Wording(self._dialect), 0
        while True:
            body = wording.write(plain)
            try:
                found = await self._try(body, len(texts))
            except ModelFailed:
                raise
            except Exception as error:  # noqa: BLE001 - a reply may hold anything
                fault = fault_of(
                    error,
                    timeout_s=self._endpoint.timeout_s,
                    url=self._endpoint.base_url,
                    no_key=no_key_hint(self._endpoint),
                )
            else:
                wording.succeeded()
                return found
            if (most := _smaller_batch(fault.refusal, len(texts))) is not None:
                raise _TooMany(most)
            if fault.refusal is not None and wording.revise(body, fault.refusal):
                continue
            attempt += 1
            if not fault.again or attempt == self._tries:
                raise fault.error
            await wait_before_retry(fault, attempt)

    async def _try(
        self, body: Mapping[str, Any], texts: int
    ) -> tuple[list[list[float]], int | None]:
        async with asyncio.timeout(self._endpoint.timeout_s):
            content = await self._client.post("/embeddings", cast_to=bytes, body=dict(body))
        reply = load_json(content)
        found = _read(reply, texts)
        answered = reply.get("model")
        self._answered = answered if isinstance(answered, str) else self._answered
        return found


class _TooMany(Exception):
    """The endpoint accepts fewer texts per request."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


def _batch_before(endpoint: Endpoint) -> int:
    """Return the batch size that an earlier command learned, or the default."""
    most = learned_before(endpoint).get(_KEPT_AS)
    return most if isinstance(most, int) and 1 <= most < _BATCH else _BATCH


def _smaller_batch(refusal: str | None, sent: int) -> int | None:
    """Return how many texts to send instead, if a refusal is about their number."""
    if refusal is None or sent < 2 or not _ABOUT_SIZE.search(refusal):
        return None
    named = [int(digits) for digits in re.findall(r"\b\d{1,4}\b", refusal)]
    smaller = [number for number in named if 1 <= number < sent and number not in _STATUSES]
    return max(smaller, default=sent // 2)


def _fields_of(endpoint: Endpoint) -> dict[str, Any]:
    return {key: value for key, value in endpoint.body.items() if key != "max_tokens"}


def open_embedder(name: str) -> Embedder:
    """Return the embedder with the name in the option `embedder`.

    Args:
        name: `lexical`, `minilm`, or `openai:<base URL>?model=<name>`.

    Raises:
        InputError: the address can't be used, or a file of the encoder is damaged.
        MissingResource: the encoder is not on this machine.
    """
    if name == LEXICAL_EMBEDDER:
        return LexicalEmbedder()
    if name == MINILM_EMBEDDER:
        from .minilm import MiniLMEmbedder

        return MiniLMEmbedder()
    return EndpointEmbedder(parse_endpoint(name, timeout_s=_TIMEOUT_S, parameter="embedder"))


def _read(reply: Any, wanted: int) -> tuple[list[list[float]], int | None]:
    """Return a reply's vectors in the order of their `index`, and the number of prompt tokens."""
    try:
        data = sorted(reply["data"], key=lambda item: item["index"])
        rows = [[_number(value) for value in item["embedding"]] for item in data]
        usage = reply.get("usage")
        tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise ModelFailed("the embedder's reply is not a list of vectors") from None
    complete = len(rows) == wanted and all(rows)
    if not complete or not all(math.isfinite(value) for row in rows for value in row):
        raise ModelFailed("the embedder's reply lacks a vector of finite numbers for some text")
    return rows, token_count(tokens)


def _number(value: Any) -> float:
    """Return a number that a vector of single precision can hold.

    Raises:
        TypeError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > _LARGEST:
        raise TypeError(value)
    return float(value)

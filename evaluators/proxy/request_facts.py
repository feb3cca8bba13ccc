"""Finds what a request asks for: temperature, seed, instructions, and number of images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["NO_FACTS", "RequestFacts", "request_facts"]

_MOST_SEED = 1 << 63
_MOST_TEMPERATURE = 1e6
_INSTRUCTING = ("system", "developer")
_IMAGE_PARTS = ("image_url", "input_image")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What a request asks for besides its model."""

    temperature: float | None = None
    """The temperature; None if the request leaves it to the endpoint."""
    seed: int | None = None
    """The seed, if there is one."""
    instructions_sha256: str | None = None
    """The SHA-256 of the texts that instruct the model: messages of the roles system and developer,
    or `instructions`; None if there are none."""
    images: int = 0
    """The number of images in it."""


NO_FACTS = RequestFacts()
"""The facts of a request without a readable body."""


def request_facts(document: Any) -> RequestFacts:
    """Return the facts about a parsed request body."""
    if not isinstance(document, Mapping):
        return NO_FACTS
    seed = document.get("seed")
    listed = (document.get("messages"), document.get("input"))
    messages = [m for part in listed if isinstance(part, list) for m in part if isinstance(m, dict)]
    texts = [document["instructions"]] if isinstance(document.get("instructions"), str) else []
    for message in messages:
        if message.get("role") in _INSTRUCTING:
            texts += _texts(message.get("content"))
    return RequestFacts(
        temperature=_as_temperature(document.get("temperature")),
        seed=seed
        if isinstance(seed, int) and _is_number(seed) and abs(seed) < _MOST_SEED
        else None,
        instructions_sha256=_sha256("\n".join(texts)) if texts else None,
        images=sum(_count_images(message.get("content")) for message in messages),
    )


def _as_temperature(value: Any) -> float | None:
    return float(value) if _is_number(value) and 0 <= value < _MOST_TEMPERATURE else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_seed(value: object) -> bool:
    return _is_number(value) and isinstance(value, int) and abs(value) < _MOST_SEED


def _texts(content: Any) -> Iterator[str]:
    parts = [content] if isinstance(content, str) else content
    for part in parts if isinstance(parts, list) else ():
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str):
            yield text


def _count_images(content: Any) -> int:
    if not isinstance(content, list):
        return 0
    return sum(isinstance(part, dict) and part.get("type") in _IMAGE_PARTS for part in content)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

"""What a model is to the rest of the toolkit: one request in, one reply or one failure out.

ModelError          a request that got no reply
├── ModelTimeout    no reply came in time
├── ModelUnreachable   nobody answers there
└── ModelFailed     the backend refused the request, or its reply has another shape
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from locomo_vqa.files import canonical_json, sha256_text
from locomo_vqa.runs import Usage

__all__ = [
    "ChatModel",
    "ChatReply",
    "ChatRequest",
    "ModelError",
    "ModelFailed",
    "ModelImage",
    "ModelTimeout",
    "ModelUnreachable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelImage:
    """An image as it is sent."""

    sha256: str
    """SHA-256 of the bytes."""
    media_type: str
    """Such as `image/png`."""
    data: bytes
    """The bytes themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One question to a model. The image comes first and the text last, for prefix caches."""

    text: str
    """What is asked."""
    images: tuple[ModelImage, ...] = ()
    """What it is asked about."""
    replies: tuple[tuple[str, str], ...] = ()
    """(reply, objection) of earlier rounds: the model's words and what was wrong with them."""
    schema: Mapping[str, Any] | None = None
    """A JSON Schema that the reply must fit, for backends that can guide decoding."""
    max_tokens: int = 256
    """How long the reply may be, in tokens."""
    temperature: float = 0.0
    """0 is greedy decoding."""
    seed: int | None = None
    """For temperatures above 0, where the backend honours it."""

    def parts(self) -> dict[str, Any]:
        """Return everything that can change the reply, images by their hash."""
        return {
            "text": self.text,
            "images": [image.sha256 for image in self.images],
            "replies": [list(pair) for pair in self.replies],
            "schema": self.schema,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """What a model answered."""

    text: str
    """The reply's words; the reason, where the endpoint marked it as a refusal."""
    finish: Literal["stop", "length", "refused"]
    """Whether it ended by itself, was cut off, or was refused or filtered."""
    usage: Usage
    """What the backend counted."""
    seconds: float | None = field(default=None, compare=False)
    """How long the model worked on it; see `locomo_vqa.models.timing`. None: not measured now."""
    batch: int | None = field(default=None, compare=False)
    """How many requests were answered in one go with it, in this process."""
    replayed: bool = field(default=False, compare=False)
    """Whether it was kept from before, and the model was not asked."""


class ModelError(Exception):
    """A request that got no reply, after the backend's own retries."""


class ModelTimeout(ModelError):
    """No reply came in time."""


class ModelUnreachable(ModelError):
    """Nobody answers there."""


class ModelFailed(ModelError):
    """The backend refused the request, or its reply has another shape."""


class ChatModel(Protocol):
    """A model that can be asked many things at once."""

    name: str
    """What it is called on the command line."""
    in_flight: int
    """How many requests it can use at once."""

    def identity(self) -> Mapping[str, Any]:
        """Return what tells its replies from another model's: name, revision, backend, settings."""

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request.

        Raises:
            ModelError: there is none.
        """

    async def close(self) -> None:
        """Let go of connections, threads and memory."""


def request_key(identity: Mapping[str, Any], request: ChatRequest) -> str:
    """Return the SHA-256 of everything that can change a reply: the key of the response store."""
    return sha256_text(canonical_json({"model": dict(identity), "request": request.parts()}))

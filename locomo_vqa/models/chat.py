"""What a model is to the rest of the toolkit: a request in, a reply or an error out.

ModelError             a request that got no reply
├── ModelTimeout       no reply came in time
├── ModelUnreachable   the backend can't be reached
└── ModelFailed        the backend refused the request, or its reply is not valid
    ├── ThoughtsOnly   the reply ended within the model's thoughts, so nothing was said
    └── ModelDenied    the backend refuses every such request: a key, a name or an address is wrong
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
    "Finish",
    "ModelDenied",
    "ModelError",
    "ModelFailed",
    "ModelImage",
    "ModelTimeout",
    "ModelUnreachable",
    "ThoughtsOnly",
]

Finish = Literal["stop", "length", "refused"]
"""Whether a reply is complete, was cut off, or was refused or filtered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelImage:
    """An image as a model gets it."""

    sha256: str
    """SHA-256 of the bytes."""
    media_type: str
    """Such as `image/png`."""
    data: bytes
    """The bytes themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A question to a model. Images come first and the text last, for prefix caches."""

    text: str
    """What is asked."""
    images: tuple[ModelImage, ...] = ()
    """The images that it is about."""
    replies: tuple[tuple[str, str], ...] = ()
    """(reply, objection) of earlier rounds: what the model said, and what was wrong with it."""
    schema: Mapping[str, Any] | None = None
    """A JSON Schema for the reply, for backends with guided decoding."""
    max_tokens: int = 256
    """The longest reply, in tokens."""
    temperature: float = 0.0
    """0 is greedy decoding."""
    seed: int | None = None
    """For temperatures above 0, on backends that honour it."""

    def parts(self) -> dict[str, Any]:
        """Return everything that can change the reply, with images as hashes."""
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
    """The text of the reply, or the reason for a refusal."""
    finish: Finish
    """Whether it is complete, was cut off, or was refused or filtered."""
    usage: Usage
    """The tokens that the backend counted."""
    thought: str = ""
    """What the model thought before it answered; see `locomo_vqa.models.thoughts`."""
    seconds: float | None = field(default=None, compare=False)
    """How long the model worked on it (see `locomo_vqa.models.timing`); None if not measured."""
    batch: int | None = field(default=None, compare=False)
    """The number of requests in its batch, for a model in this process."""
    replayed: bool = field(default=False, compare=False)
    """Whether it comes from a store, so the model was not asked."""
    unguided: bool = field(default=False, compare=False)
    """Whether the schema was left out because the endpoint refuses it."""

    @property
    def whole(self) -> str:
        """Thought and words as one text, which `locomo_vqa.models.thoughts` splits again."""
        return f"<think>{self.thought}</think>{self.text}" if self.thought else self.text


class ModelError(Exception):
    """A request got no reply, after the backend's own retries."""

    usage: Usage | None = None
    """The tokens that the backend counted, if it did any work."""
    sent: bool = True
    """Whether the request was sent; False for those that follow the error that stopped a model."""


class ModelTimeout(ModelError):
    """No reply came in time."""


class ModelUnreachable(ModelError):
    """The backend can't be reached."""


class ModelFailed(ModelError):
    """The backend refused the request, or its reply is not valid."""


class ModelDenied(ModelFailed):
    """The backend refuses every request like this: a key, a name or an address is wrong."""


class ThoughtsOnly(ModelFailed):
    """The reply ended within the model's thoughts, so nothing was said."""

    def __init__(self, message: str, usage: Usage) -> None:
        super().__init__(message)
        self.usage = usage

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.usage)

    @classmethod
    def at(cls, limit: int | None, *, cut: bool, usage: Usage) -> ThoughtsOnly:
        """Return the error for a reply that ended by itself, or was cut off at `limit` tokens."""
        if not cut:
            return cls("the reply holds the model's thoughts, and no words", usage)
        after = f" after {limit:,} tokens" if limit else ""
        return cls(
            f"the reply was cut off in the model's thoughts{after}; "
            "max_tokens= in the model's name sets a larger limit",
            usage,
        )


class ChatModel(Protocol):
    """A model that answers many requests concurrently."""

    name: str
    """Its name, as `locomo_vqa.models.names` describes it, without credentials."""
    in_flight: int
    """How many concurrent requests it benefits from."""

    def identity(self) -> Mapping[str, Any]:
        """Return what distinguishes its replies: name, revision, backend, settings."""

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request.

        Raises:
            ModelError: there is no reply.
        """

    async def close(self) -> None:
        """Release connections, threads and memory."""


def request_key(identity: Mapping[str, Any], request: ChatRequest) -> str:
    """Return the SHA-256 of everything that can change a reply: the key of the response store."""
    return sha256_text(canonical_json({"model": dict(identity), "request": request.parts()}))

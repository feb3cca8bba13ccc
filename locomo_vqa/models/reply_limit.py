"""The option `max_tokens=` of a model's name: room for models that think before they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.names import ModelName

__all__ = ["ReplyLimit"]

_Request = TypeVar("_Request", bound=ChatRequest)


@dataclass(frozen=True, slots=True)
class ReplyLimit:
    """The longest reply that a model's name allows, thoughts included."""

    tokens: int | None = None
    """Replaces each request's own limit; None leaves that in force."""

    @classmethod
    def of(cls, name: ModelName) -> ReplyLimit:
        """Return the limit that a model's name sets.

        Raises:
            InputError: it is not a whole number of at least 1.
        """
        return cls(name.number("max_tokens", 4096) if "max_tokens" in name.options else None)

    def apply(self, request: _Request) -> _Request:
        """Return the request with this limit."""
        return request if self.tokens is None else replace(request, max_tokens=self.tokens)

    def identity(self) -> Mapping[str, Any]:
        """Return the limit's part of a model's identity, which is empty if no limit is set."""
        return {} if self.tokens is None else {"max_tokens": self.tokens}

"""Defines the interface of a base model with experts, and an expert as a model in its own right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.experts import Expert

__all__ = ["ExpertBase", "ExpertModel", "ExpertRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertRequest(ChatRequest):
    """A request for one expert."""

    expert: str
    """The expert's name."""

    @classmethod
    def of(cls, request: ChatRequest, expert: str) -> ExpertRequest:
        """Return a request for an expert."""
        parts = {field.name: getattr(request, field.name) for field in fields(ChatRequest)}
        return cls(**parts, expert=expert)


class ExpertBase(Protocol):
    """A base model in this process with its experts: a ChatModel that can answer as any expert."""

    name: str
    in_flight: int

    def identity(self) -> Mapping[str, Any]:
        """Return the base model's identity, and the SHA-256 of each expert under `experts`."""

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the base model's reply to one request."""

    async def ask_expert(self, name: str, request: ChatRequest) -> ChatReply:
        """Return an expert's reply to a request."""

    def expert(self, name: str) -> ExpertModel:
        """Return one expert as a model."""

    async def close(self) -> None:
        """Release threads and memory."""


class ExpertModel:
    """A ChatModel of the base model with one of its experts, closed by its owner."""

    def __init__(self, owner: ExpertBase, expert: Expert) -> None:
        self._owner = owner
        self._expert = expert
        self.name = f"{owner.name} with {expert.name}"
        self.in_flight = owner.in_flight

    def identity(self) -> Mapping[str, Any]:
        """Return the base model's identity, and the expert's SHA-256."""
        experts = {self._expert.name: self._expert.sha256}
        return {**self._owner.identity(), "experts": experts}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request."""
        return await self._owner.ask_expert(self._expert.name, request)

    async def close(self) -> None:
        """Do nothing: the other experts still need the base model."""

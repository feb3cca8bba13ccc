"""A model whose replies the test sets, such as no real model gives on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.runs import Usage


class ScriptedModel:
    """Calls a function with each request; it returns the reply's text or raises."""

    name = "scripted"
    in_flight = 4

    def __init__(self, say: Callable[[ChatRequest], str]) -> None:
        self.say = say
        self.requests: list[ChatRequest] = []

    def identity(self) -> Mapping[str, Any]:
        return {"name": self.name}

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        return ChatReply(text=self.say(request), finish="stop", usage=Usage())

    async def close(self) -> None:
        pass

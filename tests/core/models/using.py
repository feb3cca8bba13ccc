"""Opens a model, works with it and closes it, in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest
from locomo_vqa.models.opening import open_model

REQUEST = ChatRequest(text="What colour?")
Result = TypeVar("Result")


def using(
    spec: str, work: Callable[[Any], Awaitable[Result]], *, timeout_s: float = 100, tries: int = 3
) -> Result:
    """Open a model, work with it and close it."""

    async def main() -> Result:
        model = open_model(spec, timeout_s=timeout_s, tries=tries)
        try:
            return await work(model)
        finally:
            await model.close()

    return asyncio.run(main())


def ask(spec: str, request: ChatRequest = REQUEST, *, timeout_s: float = 100) -> ChatReply:
    async def once(model: ChatModel) -> ChatReply:
        return await model.ask(request)

    return using(spec, once, timeout_s=timeout_s)

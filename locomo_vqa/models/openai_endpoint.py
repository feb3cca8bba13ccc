"""The backend `openai`: any server that speaks the chat-completions API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from locomo_vqa.errors import MissingResource
from locomo_vqa.files import clean_text
from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelFailed
from locomo_vqa.models.endpoint import address_of
from locomo_vqa.models.limiter import Limiter
from locomo_vqa.models.messages import messages_of, response_format
from locomo_vqa.models.retries import Fault, backoff_s, fault_of
from locomo_vqa.runs import Usage
from locomo_vqa.system import Endpoint

__all__ = ["IN_FLIGHT", "OpenAIModel"]

IN_FLIGHT = 32
"""Requests at once, unless the model's name has `in_flight=`."""

_CHECK_TIMEOUT_S = 10.0


class OpenAIModel:
    """One model of one endpoint.

    Requests go through the `openai` package's client as plain JSON: its typed methods inspect every
    part of a message first, which takes a third of a call's CPU time.

    Connection errors, timeouts and the statuses 408, 409, 429 and 5xx are tried again, at most
    `tries` times in all; a busy server gets fewer requests at once (see `Limiter`).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        name: str | None = None,
        revision: str | None = None,
        in_flight: int = IN_FLIGHT,
        tries: int = 5,
    ) -> None:
        from openai import AsyncOpenAI

        self.name = name or f"openai:{address_of(endpoint)}?model={endpoint.model}"
        self.in_flight = in_flight
        self.endpoint = endpoint
        self.limiter = Limiter(in_flight)
        self._revision = revision
        self._tries = tries
        self._client = AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.api_key,
            timeout=endpoint.timeout_s,
            max_retries=0,
        )

    def identity(self) -> Mapping[str, Any]:
        """Return the backend, the address, the model's name there, and the revision."""
        return {
            "backend": "openai",
            "address": address_of(self.endpoint),
            "model": self.endpoint.model,
            "revision": self._revision,
        }

    async def check(self) -> None:
        """Check that the endpoint answers.

        Raises:
            MissingResource: it does not.
        """
        from openai import APIConnectionError, OpenAIError

        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_S):
                await self._client.models.list(timeout=_CHECK_TIMEOUT_S)
        except (APIConnectionError, TimeoutError) as error:
            raise MissingResource(
                f"{address_of(self.endpoint)}: no server answers ({error.__cause__ or error}).",
                "Start the server, or check its address.",
            ) from None
        except (OpenAIError, ValueError, AttributeError):
            return  # It answers, even if it has no list of models.

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply to one request."""
        settings: dict[str, Any] = {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
        }
        if request.seed is not None:
            settings["seed"] = request.seed
        if request.schema is not None:
            settings["response_format"] = response_format(request)
        return await self.send(messages_of(request), **settings)

    async def send(self, messages: Sequence[Mapping[str, Any]], **settings: Any) -> ChatReply:
        """Return the reply to messages; `settings` are parameters of the API.

        Raises:
            ModelTimeout: no reply came in time.
            ModelUnreachable: the endpoint can't be reached, or the connection broke.
            ModelFailed: the endpoint refused the request, or its reply is not valid.
        """
        for attempt in range(1, self._tries + 1):
            result = await self._try(messages, settings)
            if isinstance(result, ChatReply):
                return result
            if not result.again or attempt == self._tries:
                raise result.error
            await asyncio.sleep(backoff_s(attempt) if result.wait_s is None else result.wait_s)
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _try(
        self, messages: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]
    ) -> ChatReply | Fault:
        from openai import OpenAIError

        timeout_s = self.endpoint.timeout_s
        body = {"model": self.endpoint.model, "messages": messages, **settings}
        async with self.limiter.slot() as slot:
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(timeout_s):
                    completion = await self._client.post(
                        "/chat/completions", cast_to=object, body=body
                    )
            except (OpenAIError, TimeoutError, ValueError) as error:
                fault = fault_of(error, timeout_s=timeout_s)
                slot.busy = fault.busy
                if fault.busy and fault.wait_s:
                    self.limiter.pause(fault.wait_s)
                return fault
            seconds = time.perf_counter() - begun
        reply = _reply(completion)
        return replace(reply, seconds=seconds) if isinstance(reply, ChatReply) else reply


def _reply(completion: Any) -> ChatReply | Fault:
    """Read a completion, which may be any JSON, or text."""
    try:
        choice = completion["choices"][0]
        message = choice["message"]
        refusal = message.get("refusal")
        words = refusal or message["content"] or ""
        usage = completion.get("usage") or {}
        reply = ChatReply(
            text=clean_text(words),
            finish=_finish(choice.get("finish_reason"), bool(refusal)),
            usage=Usage(
                input_tokens=_count(usage.get("prompt_tokens")),
                output_tokens=_count(usage.get("completion_tokens")),
                calls=1,
            ),
        )
    except (AttributeError, IndexError, KeyError, TypeError):
        wrong = ModelFailed("the endpoint's reply is not a chat completion")
        return Fault(error=wrong, again=False)
    return reply


def _finish(reason: str | None, refused: bool) -> Literal["stop", "length", "refused"]:
    if refused or reason == "content_filter":
        return "refused"
    return "length" if reason == "length" else "stop"


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None

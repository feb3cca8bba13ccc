"""The backend `openai`: any server with the chat-completions API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.clients import open_client
from locomo_vqa.models.completions import parse_completion, read_completion
from locomo_vqa.models.dialects import Wording, dialect_of
from locomo_vqa.models.endpoint import address_of
from locomo_vqa.models.image_limits import refused_images
from locomo_vqa.models.key_homes import no_key_hint
from locomo_vqa.models.limiter import Limiter
from locomo_vqa.models.messages import messages_of, response_format
from locomo_vqa.models.retries import REPEATS_KEY, Fault, fault_of, wait_before_retry
from locomo_vqa.split_keys import has_split_key
from locomo_vqa.system import Endpoint

__all__ = ["IN_FLIGHT", "OpenAIModel"]

IN_FLIGHT = 32
"""Concurrent requests, unless the model's name has `in_flight=`."""

_CHECK_TIMEOUT_S = 10.0


class OpenAIModel:
    """One model of one endpoint.

    Requests go through the `openai` package's client as plain JSON: its typed methods inspect every
    part of a message first, which takes a third of a call's CPU time.

    How the endpoint differs from others is learned from its refusals (see `dialects`).

    Connection errors, timeouts and the statuses 408, 409, 429 and 5xx are retried, at most
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
        self.name = name or f"openai:{address_of(endpoint)}?model={endpoint.model}"
        self.in_flight = in_flight
        self.endpoint = endpoint
        self.limiter = Limiter(in_flight)
        self._revision = revision
        self._tries = tries
        self._dialect = dialect_of(endpoint)
        self._client = open_client(endpoint)

    def identity(self) -> Mapping[str, Any]:
        """Return the backend, the address, the model's name there, and the revision."""
        return {
            "backend": "openai",
            "address": address_of(self.endpoint),
            "model": self.endpoint.model,
            "revision": self._revision,
            **({"query": dict(self.endpoint.query)} if self.endpoint.query else {}),
            **({"body": dict(self.endpoint.body)} if self.endpoint.body else {}),
        }

    async def check(self) -> None:
        """Check that the endpoint answers, for at most the time limit of one call.

        Raises:
            MissingResource: it does not answer.
        """
        from openai import APIConnectionError, APITimeoutError, OpenAIError

        address = address_of(self.endpoint)
        timeout_s = min(_CHECK_TIMEOUT_S, self.endpoint.timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                await self._client.models.list(timeout=timeout_s)
        except (APITimeoutError, TimeoutError):
            longer = ", or raise `timeout`" if timeout_s == self.endpoint.timeout_s else ""
            raise MissingResource(
                f"{address}: no complete answer within {timeout_s:g} s.",
                f"Check the server and its address{longer}.",
            ) from None
        except APIConnectionError as error:
            cause = error.__cause__ or error
            raise MissingResource(
                f"{address}: no server answers ({str(cause) or type(cause).__name__}).",
                "Start the server, or check its address.",
            ) from None
        except (OpenAIError, ValueError, AttributeError, RecursionError):
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
        attempt, begun = 0, time.monotonic()
        wording = Wording(self._dialect)
        plain = {
            "model": self.endpoint.model,
            "messages": messages,
            **settings,
            **self.endpoint.body,
        }
        while True:
            body = wording.write(plain)
            result = await self._try(body)
            if isinstance(result, ChatReply):
                wording.succeeded()
                return replace(result, unguided=_unguided(settings, body))
            if not result.busy and (refused := refused_images(messages, result.error)):
                raise refused
            if result.refusal is not None and wording.revise(body, result.refusal):
                continue
            attempt += 1
            if not result.again or attempt >= self._tries:
                raise result.after(attempt, time.monotonic() - begun)
            await wait_before_retry(result, attempt)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _try(self, body: Mapping[str, Any]) -> ChatReply | Fault:
        timeout_s = self.endpoint.timeout_s
        async with self.limiter.slot() as slot:
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(timeout_s):
                    content = await self._client.post(
                        "/chat/completions", cast_to=bytes, body=dict(body)
                    )
                if has_split_key(content):
                    raise ValueError(REPEATS_KEY)
                result = read_completion(parse_completion(content), limit=_limit_of(body))
            except Exception as error:  # noqa: BLE001 - a reply may hold anything
                result = fault_of(
                    error,
                    timeout_s=timeout_s,
                    url=self.endpoint.base_url,
                    no_key=no_key_hint(self.endpoint),
                )
            if isinstance(result, Fault):
                slot.busy = result.busy
                if result.busy and result.wait_s:
                    self.limiter.pause(result.wait_s)
                return result
            seconds = time.perf_counter() - begun
        return replace(result, seconds=seconds)


def _limit_of(body: Mapping[str, Any]) -> int | None:
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    return limit if isinstance(limit, int) else None


def _unguided(settings: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    return "response_format" in settings and "response_format" not in body

"""A synchronous client for an endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from locomo_vqa.models.chat import ChatReply, ModelFailed, ModelTimeout, ModelUnreachable
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.system import Endpoint

__all__ = ["BlockingEndpoint"]

_TRIES = 3


class BlockingEndpoint:
    """A client for one endpoint and model, at temperature 0, to be used from one thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._model = OpenAIModel(endpoint, in_flight=1, tries=_TRIES)
        self._runner = asyncio.Runner()

    def check(self) -> None:
        """Check that the endpoint answers.

        Raises:
            MissingResource: it does not answer.
        """
        self._runner.run(self._model.check())

    def ask(self, content: Sequence[dict[str, Any]], *, max_tokens: int) -> ChatReply:
        """Send one user message, made of parts, and return the reply.

        Raises:
            TimeoutError: no reply came in time.
            ConnectionError: the endpoint can't be reached.
            RuntimeError: the endpoint refused the request, or its reply is not valid.
        """
        messages = [{"role": "user", "content": list(content)}]
        try:
            return self._runner.run(
                self._model.send(messages, max_tokens=max_tokens, temperature=0)
            )
        except ModelTimeout as error:
            raise TimeoutError(str(error)) from None
        except ModelUnreachable as error:
            raise ConnectionError(str(error)) from None
        except ModelFailed as error:
            raise RuntimeError(str(error)) from None

    def close(self) -> None:
        """Close the connections."""
        self._runner.run(self._model.close())
        self._runner.close()

"""One call to an OpenAI-compatible endpoint, its failures told apart."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from locomo_vqa.errors import MissingResource
from locomo_vqa.system import Endpoint, ShownImage, Usage

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

__all__ = ["OpenAIChat", "Reply", "image_part", "text_part"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model answered."""

    text: str
    """The message's text; what a model says of why it declines, when `refused`."""
    refused: bool
    """Whether the endpoint marked the message as a refusal or filtered it."""
    usage: Usage
    """What the endpoint counted."""


class OpenAIChat:
    """A client of one endpoint and model, at temperature 0."""

    def __init__(self, endpoint: Endpoint) -> None:
        from openai import OpenAI

        self.endpoint = endpoint
        self._client = OpenAI(
            base_url=endpoint.base_url,
            api_key=endpoint.api_key,
            timeout=endpoint.timeout_s,
            max_retries=2,
        )

    def check(self) -> None:
        """Ask the endpoint for anything at all.

        Raises:
            MissingResource: nobody answers there.
        """
        from openai import APIConnectionError, OpenAIError

        try:
            self._client.with_options(max_retries=0, timeout=10).models.list()
        except APIConnectionError as error:
            raise MissingResource(
                f"{self.endpoint.base_url}: no server answers ({error.__cause__ or error}).",
                "Start the server, or check the address in --model.",
            ) from None
        except OpenAIError:
            return  # It answers, if only to say that it has no list of models.

    def ask(self, content: Sequence[dict[str, Any]], *, max_tokens: int) -> Reply:
        """Send one user message made of parts and return the reply.

        Raises:
            TimeoutError: no reply came in time.
            ConnectionError: nobody answers there any more.
            RuntimeError: the endpoint refused the request, or its reply has another shape.
        """
        from openai import APIConnectionError, APITimeoutError, OpenAIError

        try:
            completion = self._client.chat.completions.create(
                model=self.endpoint.model,
                messages=[{"role": "user", "content": cast(Any, list(content))}],
                temperature=0,
                max_tokens=max_tokens,
            )
        except APITimeoutError:
            raise TimeoutError(f"no reply in {self.endpoint.timeout_s:g} s") from None
        except APIConnectionError as error:
            raise ConnectionError(f"no connection: {error.__cause__ or error}") from None
        except (OpenAIError, ValueError) as error:
            raise RuntimeError(f"the endpoint failed: {str(error)[:300]}") from None
        return _reply(completion)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _reply(completion: ChatCompletion) -> Reply:
    try:
        choice = completion.choices[0]
        text = choice.message.content or ""
        refusal = choice.message.refusal
        filtered = choice.finish_reason == "content_filter"
    except (AttributeError, IndexError, TypeError):
        raise RuntimeError("the endpoint's reply is no chat completion") from None
    usage = completion.usage
    return Reply(
        text=refusal or text,
        refused=bool(refusal) or filtered,
        usage=Usage(
            input_tokens=usage.prompt_tokens if usage else None,
            output_tokens=usage.completion_tokens if usage else None,
            calls=1,
        ),
    )


def text_part(text: str) -> dict[str, Any]:
    """Return a text as a part of a message."""
    return {"type": "text", "text": text}


def image_part(image: ShownImage) -> dict[str, Any]:
    """Return a picture's bytes as a part of a message: a data URI."""
    assert image.path is not None
    data = base64.b64encode(image.path.read_bytes()).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:{image.media_type};base64,{data}"}}

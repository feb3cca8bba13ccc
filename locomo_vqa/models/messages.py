"""Requests as chat messages: images as data URIs, first, and the text last."""

from __future__ import annotations

import base64
from typing import Any

from locomo_vqa.models.chat import ChatRequest

__all__ = ["image_part", "messages_of", "response_format", "text_part"]


def text_part(text: str) -> dict[str, Any]:
    """Return a text as a message part."""
    return {"type": "text", "text": text}


def image_part(data: bytes, media_type: str) -> dict[str, Any]:
    """Return an image's bytes as a message part: a data URI."""
    url = f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}


def messages_of(request: ChatRequest) -> list[dict[str, Any]]:
    """Return a request as messages: the question, and earlier replies with the objections."""
    images = [image_part(image.data, image.media_type) for image in request.images]
    content = [*images, text_part(request.text)] if images else request.text
    messages: list[dict[str, Any]] = [{"role": "user", "content": content}]
    for reply, objection in request.replies:
        messages.append({"role": "assistant", "content": reply})
        messages.append({"role": "user", "content": objection})
    return messages


def response_format(request: ChatRequest) -> dict[str, Any] | None:
    """Return the `response_format` that asks a server to follow the request's schema."""
    if request.schema is None:
        return None
    schema = {"name": "reply", "schema": dict(request.schema), "strict": True}
    return {"type": "json_schema", "json_schema": schema}

"""Recognises that an endpoint accepts fewer images per request than it was sent.

Such a request can't be split without changing what is asked, and all requests like it are refused,
so the command ends with the server's words. vLLM takes one image per request unless it is started
with a higher limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from locomo_vqa.models.chat import ModelDenied, ModelError

__all__ = ["refused_images"]

_LIMITED = re.compile(
    r"limit[-_]mm[-_]per[-_]prompt"
    r"|at most \d+ (?:\w+ ){0,2}images?\b"
    r"|too many (?:\w+ ){0,2}images\b"
    r"|(?:only|exactly|maximum(?: of)?|max|up to|more than|limit of) "
    r"(?:supports? |accepts? |takes? )?"
    r"(?:an? |one |single |\d+ )+(?:\w+ ){0,2}images?(?:_url)?\b"
    r"|multiple images|images? per (?:prompt|request|message|sample) (?:is|are) limited"
    r"|(?:maximum|max|limit) (?:number|count) of images",
    re.IGNORECASE,
)


def refused_images(messages: Sequence[Mapping[str, Any]], error: ModelError) -> ModelDenied | None:
    """Return the error for a request that was refused because of the number of its images."""
    sent = sum(map(_images_in, messages))
    if sent < 2 or not _LIMITED.search(str(error)):
        return None
    return ModelDenied(
        f"the endpoint takes fewer images per request than the {sent} of this one; raise its limit "
        f"(vLLM's option is limit-mm-per-prompt), or show captions in place of images: {error}"
    )


def _images_in(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    return sum(isinstance(part, dict) and part.get("type") == "image_url" for part in parts)

"""A request's body: parsed, and with the fields that the model's name gives."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from locomo_vqa.json_gate import load_json

__all__ = ["COMPLETIONS", "MAX_REQUEST_BYTES", "RequestBody", "parse_body"]

COMPLETIONS = b"/chat/completions"
"""The path, after `/v1`, of requests for completions."""

MAX_REQUEST_BYTES = 64 << 20
"""The maximum length of a request; a LoCoMo conversation with all images has about 20 MB."""

_LARGE = 1 << 18
_HUGE = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBody:
    """The body of a request, as bytes and parsed."""

    content: bytes
    """The bytes."""
    document: Any
    """The parsed JSON; None if it is not JSON."""
    sha256: str | None
    """The SHA-256 of the canonical JSON, or of content type and bytes; None if there is no body to
    read."""

    @property
    def model(self) -> str | None:
        """The model that the request names."""
        model = self.document.get("model") if isinstance(self.document, dict) else None
        return model[:200] if isinstance(model, str) else None


async def parse_body(
    content: bytes, content_type: bytes, *, fields: Mapping[str, Any]
) -> RequestBody:
    """Parse a body, set fields of a JSON object, and hash it; a long one in a thread.

    If the fields are already set, the bytes stay unchanged.
    """
    if len(content) < _LARGE:
        return _parse_body(content, content_type, fields)
    return await asyncio.to_thread(_parse_body, content, content_type, fields)


def _parse_body(content: bytes, content_type: bytes, fields: Mapping[str, Any]) -> RequestBody:
    try:
        document = load_json(content) if content else None
    except ValueError:
        document = None
    if isinstance(document, dict) and (given := _with_fields(document, fields)) != document:
        document, content = given, json.dumps(given).encode()
    sha256 = _sha256(content, content_type, document)
    return RequestBody(content=content, document=document, sha256=sha256)


def _with_fields(document: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    given = {**document, **fields}
    if "max_tokens" in fields and "max_completion_tokens" in document:
        given["max_completion_tokens"] = given.pop("max_tokens")
    return given


def _sha256(content: bytes, content_type: bytes, document: Any) -> str:
    if document is None:
        return hashlib.sha256(b"bytes\n" + content_type + b"\n" + content).hexdigest()
    digest = hashlib.sha256(b"json\n")
    encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
    if len(content) < _HUGE:
        digest.update(encoder.encode(document).encode("ascii"))
    else:  # It takes longer, but no memory.
        for part in encoder.iterencode(document):
            digest.update(part.encode("ascii"))
    return digest.hexdigest()

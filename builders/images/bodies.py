"""The bytes of `data:` URIs."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from locomo_vqa.http_bodies import PIECE, Undecodable

__all__ = ["PIECE", "Undecodable", "decode_data_uri"]


def decode_data_uri(uri: str) -> bytes:
    """Return the bytes that a `data:` URI holds.

    Raises:
        Undecodable: it has no comma, or its base64 is broken.
    """
    head, comma, body = uri.partition(",")
    if not comma:
        raise Undecodable
    content = unquote_to_bytes(body)
    if not head.lower().endswith(";base64"):
        return content
    content = b"".join(content.split())
    try:
        return base64.b64decode(content + b"=" * (-len(content) % 4), validate=True)
    except binascii.Error:
        raise Undecodable from None

"""`data:` URIs, and bodies that expand."""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import AsyncIterator

import pytest

from locomo_vqa.builders.images.bodies import decode_data_uri
from locomo_vqa.http_bodies import PIECE, Undecodable, decompress

DATA = bytes(range(256))


@pytest.mark.parametrize(
    "uri",
    [
        "data:image/png;base64," + base64.b64encode(DATA).decode(),
        "DATA:;BASE64," + base64.b64encode(DATA).decode().rstrip("="),
        "data:image/png;base64,\n " + base64.b64encode(DATA).decode().replace("+", "%2B"),
        "data:," + "".join(f"%{byte:02x}" for byte in DATA),
    ],
)
def test_data_uris(uri: str) -> None:
    assert decode_data_uri(uri) == DATA


@pytest.mark.parametrize(
    "uri", ["data:", "data:image/png;base64", "data:;base64,!!!!", "data:;base64,AAAAA"]
)
def test_broken_data_uris(uri: str) -> None:
    with pytest.raises(Undecodable):
        decode_data_uri(uri)


def test_pieces_stay_small() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield gzip.compress(bytes(10 << 20))

    async def sizes() -> list[int]:
        return [len(piece) async for piece in decompress(pieces(), "gzip")]

    found = asyncio.run(sizes())
    assert max(found) <= PIECE
    assert sum(found) == 10 << 20

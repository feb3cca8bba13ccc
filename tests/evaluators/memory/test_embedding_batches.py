"""Embedding servers that take few texts a request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from locomo_vqa.evaluators.memory.embedding import open_embedder
from locomo_vqa.models.chat import ModelFailed
from tests.core.models.stub_server import Answer, stub_server

TEXTS = [f"{number:03d}" for number in range(70)]


def vectors(body: dict[str, Any]) -> Answer:
    found = [
        {"index": index, "embedding": [float(text), 1.0]}
        for index, text in enumerate(body["input"])
    ]
    return Answer({"data": found, "usage": {"prompt_tokens": len(found)}})


def refuse(message: str, status: int = 400) -> Answer:
    return Answer({"error": {"message": message}}, status)


@pytest.mark.parametrize(
    ("most", "message", "status", "sizes"),
    [
        (25, "batch size is invalid, it should not be larger than 25.", 400, [70, 25, 25, 20]),
        (32, "batch size 70 > maximum allowed batch size 32", 422, [70, 32, 32, 6]),
        (20, "Payload too large", 413, [70, 35, 17, 17, 17, 17, 2]),
    ],
)
def test_smaller_batches_are_sent(most: int, message: str, status: int, sizes: list[int]) -> None:
    def respond(body: dict[str, Any]) -> Answer:
        return refuse(message, status) if len(body["input"]) > most else vectors(body)

    with stub_server(respond) as stub:

        async def main() -> None:
            embedder = open_embedder(stub.spec())
            found, usage = await embedder.embed(TEXTS)
            assert found[:, 0].tolist() == [float(text) for text in TEXTS]
            assert usage is not None
            assert usage.input_tokens == len(TEXTS)
            await embedder.embed(TEXTS[:2])
            await embedder.close()

        asyncio.run(main())
        assert [len(request["input"]) for request in stub.requests] == [*sizes, 2]


def test_the_next_command_begins_with_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(body: dict[str, Any]) -> Answer:
        refused = refuse("batch size is invalid, it should not be larger than 25.")
        return refused if len(body["input"]) > 25 else vectors(body)

    async def main(spec: str) -> None:
        embedder = open_embedder(spec)
        await embedder.embed(TEXTS)
        await embedder.close()

    with stub_server(respond) as stub:
        for _ in range(2):
            monkeypatch.setattr("locomo_vqa.evaluators.memory.embedding._BATCHES", {})
            asyncio.run(main(stub.spec()))
        sizes = [len(request["input"]) for request in stub.requests]
    assert sizes == [70, 25, 25, 20, 25, 25, 20]


def test_a_server_that_does_not_know_encoding_format_is_asked_without() -> None:
    def respond(body: dict[str, Any]) -> Answer:
        refused = refuse("encoding_format: Extra inputs are not permitted", 422)
        return refused if "encoding_format" in body else vectors(body)

    async def main(spec: str) -> None:
        embedder = open_embedder(spec)
        for _ in range(2):
            await embedder.embed(TEXTS[:3])
        await embedder.close()

    with stub_server(respond) as stub:
        asyncio.run(main(stub.spec()))
        assert len(stub.requests) == 3


def test_a_text_that_is_too_long_is_an_error() -> None:
    with stub_server(lambda _: refuse("input is too long: at most 512 tokens")) as stub:

        async def main() -> None:
            embedder = open_embedder(stub.spec())
            try:
                await embedder.embed(["one"])
            finally:
                await embedder.close()

        with pytest.raises(ModelFailed, match="too long"):
            asyncio.run(main())
        assert len(stub.requests) == 1

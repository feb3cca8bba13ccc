"""The models of a build: each is asked its known-answer questions once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.builders.build_folder import BuildFolder
from locomo_vqa.builders.stages import models as build_models
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.probes import known_probes
from locomo_vqa.runs import Usage


class _Seeing:
    """A model that knows the answers of the probes, at one revision."""

    name = "seeing"
    in_flight = 4

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self.asked: list[str] = []

    def identity(self) -> dict[str, Any]:
        return {"model": self.name, "revision": self.revision}

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request.text)
        words = [
            probe.expected
            for probe in known_probes()
            if probe.question in request.text and request.images == (_image(probe.image),)
        ]
        return ChatReply(text=" ".join(words), finish="stop", usage=Usage(calls=1))

    async def close(self) -> None: ...


def _image(number: int) -> Any:
    from locomo_vqa.models.probes import known_images

    return known_images()[number]


def test_a_model_is_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = BuildFolder(tmp_path)

    def opened(revision: str) -> int:
        model = _Seeing(revision)
        monkeypatch.setattr(build_models, "open_model", lambda spec, *, parameter: model)

        async def use() -> None:
            async with build_models.open_build_model(folder, "seeing", parameter="validator"):
                pass

        asyncio.run(use())
        return len(model.asked)

    every = len(known_probes()) + 1  # The last one asks for JSON.
    assert [opened("a"), opened("a"), opened("b"), opened("b")] == [every, 0, every, 0]
    assert build_models.recorded_models(folder)["seeing"]["revision"] == "b"

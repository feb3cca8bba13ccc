"""A pipeline over a scripted stub instead of a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from locomo_vqa.evaluators.memory import stage_models
from locomo_vqa.evaluators.memory.anomalies import AnomalyCounts
from locomo_vqa.evaluators.memory.embedding import LexicalEmbedder
from locomo_vqa.evaluators.memory.pipeline import Pipeline
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.evaluators.memory.stage_models import StageModels
from locomo_vqa.evaluators.memory.usage import PipelineUsage
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.runs import Usage
from locomo_vqa.system import Services

NOW = datetime(2023, 5, 8, 12)

Script = Callable[[ChatRequest], ChatReply | str]


class Scripted:
    """A model that replies what a script says."""

    name = "scripted"
    in_flight = 4

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[ChatRequest] = []

    def identity(self) -> Mapping[str, Any]:
        return {"backend": "scripted"}

    async def ask(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        said = self.script(request)
        return reply(said) if isinstance(said, str) else said

    async def close(self) -> None: ...


class Scene:
    """A pipeline, the stub, and what was counted and written down."""

    def __init__(
        self, script: Script, patch: pytest.MonkeyPatch, *, dimensions: int = 64, **options: str
    ) -> None:
        self.model = Scripted(script)
        patch.setattr(stage_models, "open_model", lambda name, **_: self.model)
        self.usage, self.anomalies = PipelineUsage(), AnomalyCounts()
        self.history: list[dict[str, Any]] = []
        settings = MemorySettings.from_options({"prompts": "reduced", **options}, model=None)
        services = Services(model="scripted")
        self.pipeline = Pipeline(
            settings,
            StageModels(services, settings, self.usage, self.anomalies),
            LexicalEmbedder(dimensions),
            record=self.history.append,
            usage=self.usage,
            anomalies=self.anomalies,
        )
        self.runner = asyncio.Runner()

    @property
    def texts(self) -> list[str]:
        return [memory.text for memory in self.pipeline.store.memories.values()]


def reply(text: str, finish: Any = "stop") -> ChatReply:
    return ChatReply(text=text, finish=finish, usage=Usage(calls=1))


def asked(request: ChatRequest) -> tuple[dict[str, str], list[str]]:
    """Return the memories by short id and the new facts of a reduced update prompt."""
    first, second, *_ = request.text.split("\n")
    memories = json.loads(first.removeprefix("Memories now: "))
    facts: list[str] = json.loads(second.removeprefix("New facts: "))
    return {item["id"]: item["text"] for item in memories}, facts


MakeScene = Callable[..., Scene]
"""The fixture `scene`."""

"""The teacher: one open model in every stage of the pipeline, with a store of its replies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import MissingResource
from locomo_vqa.files import sha256_file
from locomo_vqa.models.chat import ChatModel, ModelUnreachable
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.models.opening import open_model
from locomo_vqa.responses import ResponseStore, StoredModel
from locomo_vqa.system import Services

from ..memory import (
    AnomalyCounts,
    Embedder,
    MemorySettings,
    Pipeline,
    PipelineUsage,
    StageModels,
)

if TYPE_CHECKING:
    from ..proxy.stages import CallStage

__all__ = [
    "Teacher",
    "TeacherPipeline",
    "dataset_identity",
    "open_teacher",
    "settings_without_credentials",
    "teacher_unreachable",
]


@dataclass(frozen=True, slots=True)
class Teacher:
    """An open model that teaches."""

    model: ChatModel
    """The model; it may answer from a store."""
    name: str
    """Its name, without credentials."""

    def to_json(self) -> dict[str, Any]:
        """Return what distinguishes it from other models."""
        return {"name": self.name, "identity": dict(self.model.identity())}


@asynccontextmanager
async def open_teacher(spec: str, store: ResponseStore, timeout_s: float) -> AsyncIterator[Teacher]:
    """Open a model by its name; a reply in the store is not requested again.

    Raises:
        InputError: the name is wrong.
        MissingResource: its packages or weights are not on this machine, or its server does not
            answer.
    """
    model = open_model(spec, timeout_s=timeout_s, parameter="teacher")
    try:
        if isinstance(model, OpenAIModel):
            await _check_endpoint(model)
        yield Teacher(StoredModel(model, store), hide_credentials(spec))
    finally:
        await model.close()


async def _check_endpoint(model: OpenAIModel) -> None:
    try:
        await model.check()
    except MissingResource as error:
        remedy = "Start the server, or correct the address in `teacher`."
        raise MissingResource(error.message, remedy) from None


class _TeacherModels(StageModels):
    """The teacher in every stage; whoever opened it closes it."""

    def __init__(
        self,
        teacher: Teacher,
        settings: MemorySettings,
        usage: PipelineUsage,
        anomalies: AnomalyCounts,
    ) -> None:
        self._teacher = teacher.model
        super().__init__(Services(model=teacher.name), settings, usage, anomalies)

    def _model_of(self, stage: CallStage) -> ChatModel:
        return self._teacher


class TeacherPipeline:
    """The pipeline of one conversation with the teacher in every stage."""

    def __init__(self, teacher: Teacher, settings: MemorySettings, embedder: Embedder) -> None:
        self.usage, self.anomalies = PipelineUsage(), AnomalyCounts()
        self.pipeline = Pipeline(
            settings,
            _TeacherModels(teacher, settings, self.usage, self.anomalies),
            embedder,
            usage=self.usage,
            anomalies=self.anomalies,
        )


def teacher_unreachable(error: ModelUnreachable) -> MissingResource:
    """Return the error for a teacher that stopped answering."""
    return MissingResource(
        f"The teacher does not answer ({error}).",
        "Start its server again and repeat the call: finished replies are kept.",
    )


def dataset_identity(benchmark: Benchmark) -> Mapping[str, str]:
    """Return what distinguishes a benchmark from others, for a manifest."""
    sha256 = sha256_file(benchmark.folder / "benchmark.json")
    return {"id": benchmark.name, "revision": benchmark.revision, "sha256": sha256}


def settings_without_credentials(settings: MemorySettings) -> Mapping[str, Any]:
    """Return settings as a manifest records them: addresses without user name and password."""
    return {
        name: hide_credentials(value) if isinstance(value, str) else value
        for name, value in settings.to_json().items()
    }

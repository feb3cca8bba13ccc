"""The teacher behind mem0's stages: one open model, its replies kept in a response store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
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

from ..memory.anomalies import AnomalyCounts
from ..memory.embedding import Embedder
from ..memory.pipeline import Pipeline
from ..memory.settings import MemorySettings
from ..memory.stage_models import StageModels
from ..memory.usage import PipelineUsage

if TYPE_CHECKING:
    from ..proxy.stages import CallStage

__all__ = [
    "Teacher",
    "TeacherPipeline",
    "Tick",
    "dataset_identity",
    "open_teacher",
    "settings_without_credentials",
    "teacher_unreachable",
]

Tick = Callable[[str, int, int], None]
"""Called with the name of a step, how much is done and of how much."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """An open model that teaches."""

    model: ChatModel
    """The model; it may answer from a store."""
    name: str
    """Its name on the command line, without credentials."""

    def to_json(self) -> dict[str, Any]:
        """Return what tells it from another model."""
        return {"name": self.name, "identity": dict(self.model.identity())}


@asynccontextmanager
async def open_teacher(spec: str, store: ResponseStore, timeout_s: float) -> AsyncIterator[Teacher]:
    """Yield a model by its name; a reply that the store has is not asked for again.

    Raises:
        InputError: the name is wrong.
        MissingResource: its packages or weights are not on this machine, or nobody answers.
    """
    model = open_model(spec, timeout_s=timeout_s)
    try:
        if isinstance(model, OpenAIModel):
            await _check(model)
        yield Teacher(StoredModel(model, store), hide_credentials(spec))
    finally:
        await model.close()


async def _check(model: OpenAIModel) -> None:
    try:
        await model.check()
    except MissingResource as error:
        remedy = "Start the server, or check the address in --teacher."
        raise MissingResource(error.message, remedy) from None


class _TeacherStages(StageModels):
    """Every stage is the teacher's, who is closed by its owner."""

    def __init__(
        self,
        teacher: Teacher,
        settings: MemorySettings,
        counts: PipelineUsage,
        anomalies: AnomalyCounts,
    ) -> None:
        self._teacher = teacher.model
        super().__init__(Services(model=teacher.name), settings, counts, anomalies)

    def _at(self, stage: CallStage) -> ChatModel:
        return self._teacher


class TeacherPipeline:
    """The pipeline of one conversation with the teacher in all stages, and what it counts."""

    def __init__(self, teacher: Teacher, settings: MemorySettings, embedder: Embedder) -> None:
        self.counts, self.anomalies = PipelineUsage(), AnomalyCounts()
        self.pipeline = Pipeline(
            settings,
            _TeacherStages(teacher, settings, self.counts, self.anomalies),
            embedder,
            lambda row: None,
            counts=self.counts,
            anomalies=self.anomalies,
        )


def teacher_unreachable(error: ModelUnreachable) -> MissingResource:
    """Return what to tell a user whose teacher does not answer any more."""
    return MissingResource(
        f"The teacher does not answer ({error}).",
        "Start its server again, and give the same command: what was answered is kept.",
    )


def dataset_identity(benchmark: Benchmark) -> Mapping[str, str]:
    """Return what tells a benchmark from another, for a manifest."""
    sha256 = sha256_file(benchmark.folder / "benchmark.json")
    return {"id": benchmark.name, "revision": benchmark.revision, "sha256": sha256}


def settings_without_credentials(settings: MemorySettings) -> Mapping[str, Any]:
    """Return settings as a manifest has them: addresses without user name and password."""
    return {
        name: hide_credentials(value) if isinstance(value, str) else value
        for name, value in settings.to_json().items()
    }

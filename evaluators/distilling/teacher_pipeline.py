"""The teacher: one open model for every stage of the pipeline, with stored replies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import MissingResource
from locomo_vqa.files import sha256_file
from locomo_vqa.models.chat import ChatModel, ModelDenied, ModelError, ModelUnreachable
from locomo_vqa.models.metered import metered
from locomo_vqa.models.names import hide_credentials
from locomo_vqa.models.openai_endpoint import OpenAIModel
from locomo_vqa.models.opening import open_model
from locomo_vqa.responses import ResponseStore, StoredModel, note_renewed
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
    "TeacherModels",
    "TeacherPipeline",
    "dataset_identity",
    "end_of_teacher",
    "open_teacher",
    "settings_without_credentials",
]


@dataclass(frozen=True, slots=True)
class Teacher:
    """A model, open for requests, that serves as the teacher."""

    model: ChatModel
    """The model, which may answer from a store."""
    name: str
    """The model's name, without credentials."""

    def to_json(self) -> dict[str, Any]:
        """Return the entries that identify the model."""
        return {"name": self.name, "identity": dict(self.model.identity())}


@asynccontextmanager
async def open_teacher(spec: str, store: ResponseStore, timeout_s: float) -> AsyncIterator[Teacher]:
    """Open a model by name; replies in the store are not requested again.

    Raises:
        InputError: the name is not valid.
        MissingResource: the model's packages or weights are not on this machine, or its server does
            not answer.
        BudgetReached: a call does not fit into the budget of the `metering` around this.
    """
    model = open_model(spec, timeout_s=timeout_s, parameter="teacher")
    try:
        if isinstance(model, OpenAIModel):
            await _check_endpoint(model)
        stored = StoredModel(metered(model, spec, role="teacher"), store)
        yield Teacher(stored, hide_credentials(spec))
        note_renewed(stored, "teacher")
    finally:
        await model.close()


async def _check_endpoint(model: OpenAIModel) -> None:
    try:
        await model.check()
    except MissingResource as error:
        remedy = "Start the server, or correct the address in `teacher`."
        raise MissingResource(error.message, remedy) from None


class TeacherModels(StageModels):
    """The teacher in every stage; the caller that opened it closes it."""

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
    """The pipeline for one conversation, with the teacher in every stage."""

    def __init__(self, teacher: Teacher, settings: MemorySettings, embedder: Embedder) -> None:
        self.usage, self.anomalies = PipelineUsage(), AnomalyCounts()
        self.models = TeacherModels(teacher, settings, self.usage, self.anomalies)
        self.pipeline = Pipeline(
            settings,
            self.models,
            embedder,
            usage=self.usage,
            anomalies=self.anomalies,
        )


def end_of_teacher(error: ModelError) -> MissingResource | None:
    """Return the error that ends the work, for a teacher that answers no request any more."""
    if isinstance(error, ModelDenied):
        return MissingResource(
            f"The teacher refuses every request ({error}).",
            "Correct what it names and repeat the call: finished replies are kept.",
        )
    if not isinstance(error, ModelUnreachable):
        return None
    return MissingResource(
        f"The teacher does not answer ({error}).",
        "Start its server again and repeat the call: finished replies are kept.",
    )


def dataset_identity(benchmark: Benchmark) -> Mapping[str, str]:
    """Return the manifest entries that identify a benchmark."""
    sha256 = sha256_file(benchmark.folder / "benchmark.json")
    return {"id": benchmark.name, "revision": benchmark.revision, "sha256": sha256}


def settings_without_credentials(settings: MemorySettings) -> Mapping[str, Any]:
    """Return settings for a manifest, with user names and passwords removed from addresses."""
    return {
        name: hide_credentials(value) if isinstance(value, str) else value
        for name, value in settings.to_json().items()
    }

"""A teacher in every stage of the pipeline, whose usable replies become samples."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from locomo_vqa.benchmark import Conversation
from locomo_vqa.models.chat import ChatReply, ChatRequest

from ...memory import AnomalyCounts, Embedder, MemorySettings, Pipeline, PipelineUsage
from ...memory.replies import ReplyFault
from ..teacher_pipeline import Teacher, TeacherModels
from .cleaning import count_repairs, extraction_target, update_target
from .samples import Sample, Samples, Stage

if TYPE_CHECKING:
    from ...proxy.stages import CallStage

__all__ = ["RecordingModels", "recording_pipeline"]

_T = TypeVar("_T")


class RecordingModels(TeacherModels):
    """The teacher, whose replies in extraction and update are kept as samples."""

    def __init__(
        self,
        teacher: Teacher,
        settings: MemorySettings,
        usage: PipelineUsage,
        anomalies: AnomalyCounts,
        *,
        conversation: Conversation,
        samples: dict[Stage, Samples],
    ) -> None:
        super().__init__(teacher, settings, usage, anomalies)
        self._conversation = conversation
        self._samples = samples
        self._numbers = {stage: count() for stage in samples}
        self._made: dict[Stage, dict[int, Sample]] = {stage: {} for stage in samples}

    async def ask_until_readable(
        self,
        stage: CallStage,
        request: ChatRequest,
        read: Callable[[ChatReply], list[_T] | ReplyFault],
    ) -> list[_T] | None:
        """Return the content of the first readable reply, and keep a sample of it.

        Raises:
            ModelError: the teacher did not reply.
        """
        assert stage == "extraction" or stage == "update"
        number, replies = next(self._numbers[stage]), list[ChatReply]()

        def reading(reply: ChatReply) -> list[_T] | ReplyFault:
            replies.append(reply)
            return read(reply)

        found = await super().ask_until_readable(stage, request, reading)
        self._keep(stage, number, request, replies, found)
        return found

    def finish(self) -> None:
        """Add the samples, in the order in which they were asked for."""
        for stage, made in self._made.items():
            split = self._conversation.split
            self._samples[stage].by_split[split] += [made[number] for number in sorted(made)]

    def _keep(
        self,
        stage: Stage,
        number: int,
        request: ChatRequest,
        replies: list[ChatReply],
        found: list[_T] | None,
    ) -> None:
        samples = self._samples[stage]
        if found is None:
            refused = replies[-1].finish == "refused"
            samples.dropped["refused" if refused else "unreadable"] += 1
            return
        target: str | None
        if stage == "extraction":
            target, reason = extraction_target([str(fact) for fact in found]), None
        else:
            target, reason = update_target(found, request.text, samples.repaired)
        if target is None:
            samples.dropped[str(reason)] += 1
            return
        count_repairs(replies[-1], target, samples.repaired)
        if len(replies) > 1:
            samples.repaired["asked_again"] += 1
        self._made[stage][number] = Sample(
            id=f"{self._conversation.id}/{stage}/{number}",
            conversation=self._conversation.id,
            prompt=request.text,
            reply=target,
        )


def recording_pipeline(
    teacher: Teacher,
    settings: MemorySettings,
    embedder: Embedder,
    conversation: Conversation,
    samples: dict[Stage, Samples],
) -> tuple[Pipeline, RecordingModels]:
    """Return the pipeline of one conversation with the teacher in every stage."""
    usage, anomalies = PipelineUsage(), AnomalyCounts()
    models = RecordingModels(
        teacher, settings, usage, anomalies, conversation=conversation, samples=samples
    )
    made = Pipeline(settings, models, embedder, usage=usage, anomalies=anomalies)
    return made, models

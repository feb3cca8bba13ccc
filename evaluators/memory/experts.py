"""Asks each stage's expert."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest
from locomo_vqa.models.experts_local import ExpertsModel
from locomo_vqa.system import Services

from .anomalies import AnomalyCounts
from .settings import MemorySettings
from .stage_models import StageModels
from .usage import PipelineUsage

if TYPE_CHECKING:
    from ..proxy.stages import CallStage

__all__ = ["TEXT_EXPERTS", "VISION_EXPERT", "ExpertModels", "answer_of_reply"]

_EXPERT_OF: Mapping[CallStage, str] = {
    "extraction": "extraction",
    "update": "memory_update",
    "generation": "generation",
    "vision": "vision",
}
"""Whose adapter a stage uses; peft takes no adapter that is called `update`."""

TEXT_EXPERTS = ("extraction", "memory_update", "generation")
"""The folders of the experts that both systems need (MemLoRA, section 3.2)."""
VISION_EXPERT = "vision"
"""The folder of the one for questions about pictures (section 3.3)."""


class ExpertModels(StageModels):
    """One base model; each stage is answered by its expert."""

    def __init__(
        self,
        services: Services,
        settings: MemorySettings,
        counts: PipelineUsage,
        anomalies: AnomalyCounts,
        experts: ExpertsModel,
    ) -> None:
        known = experts.identity()["experts"]
        self._experts: dict[str, ChatModel] = {name: experts.expert(name) for name in known}
        self._base = experts
        super().__init__(services, settings, counts, anomalies)

    async def ask(self, stage: CallStage, request: ChatRequest) -> ChatReply:
        """Return the reply to one request; of one about a picture, only the answer.

        Raises:
            ModelError: there is none.
        """
        reply = await super().ask(stage, request)
        return replace(reply, text=answer_of_reply(reply.text)) if stage == "vision" else reply

    async def close(self) -> None:
        """Let go of the base model."""
        await self._base.close()

    def _at(self, stage: CallStage) -> ChatModel:
        # Without a vision expert nothing is asked about pictures.
        return self._experts.get(_EXPERT_OF[stage], self._base)


def answer_of_reply(reply: str) -> str:
    """Return the answer in a vision expert's reply.

    An expert may have learned to give its reason too, as JSON {"answer": …, "reason": …} (MemLoRA,
    section 3.3); any other reply is the answer itself.
    """
    try:
        found = json.loads(reply)
    except (ValueError, RecursionError):
        return reply
    answer = found.get("answer") if isinstance(found, dict) else None
    return answer if isinstance(answer, str) else reply

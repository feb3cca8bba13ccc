"""Experts: one base model with an adapter for each stage of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.expert_requests import ExpertBase
from locomo_vqa.system import Services

from .anomalies import AnomalyCounts
from .settings import MemorySettings
from .stage_models import StageModels
from .usage import PipelineUsage

if TYPE_CHECKING:
    from ..proxy.stages import CallStage

__all__ = ["EXPERT_OF", "GENERATION_EXPERT", "VISION_EXPERT", "ExpertModels"]

GENERATION_EXPERT = "generation"
"""The expert that answers questions."""
VISION_EXPERT = "vision"
"""The expert that answers questions about images (MemLoRA, section 3.3)."""

EXPERT_OF: Mapping[str, str] = {
    "extraction": "extraction",
    "update": "memory_update",
    "generation": GENERATION_EXPERT,
    "vision": VISION_EXPERT,
}
"""The name of each stage's adapter; peft refuses an adapter called `update`."""


class ExpertModels(StageModels):
    """One base model, with an expert for each stage."""

    def __init__(
        self,
        services: Services,
        settings: MemorySettings,
        usage: PipelineUsage,
        anomalies: AnomalyCounts,
        base: ExpertBase,
    ) -> None:
        known = base.identity()["experts"]
        self._experts: dict[str, ChatModel] = {name: base.expert(name) for name in known}
        self._base = base
        super().__init__(services, settings, usage, anomalies)

    async def close(self) -> None:
        """Close the base model."""
        await self._base.close()

    def _model_of(self, stage: CallStage) -> ChatModel:
        # A stage without an expert asks the base model.
        return self._experts.get(EXPERT_OF[stage], self._base)

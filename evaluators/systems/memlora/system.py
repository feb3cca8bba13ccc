"""The bundled systems `memlora` and `memlora-v`: mem0's stages with an expert adapter for each.

Files in the work folder: the files of mem0, and experts.json (the base model and its experts).

Source: MemLoRA (arXiv 2512.04763, sections 3.2 and 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from locomo_vqa.files import write_json
from locomo_vqa.models.chat import ChatReply
from locomo_vqa.models.expert_opening import open_experts
from locomo_vqa.models.experts import WEIGHTS
from locomo_vqa.models.names import parse_name
from locomo_vqa.system import ConversationInfo, Services

from ...memory import ExpertModels, MemorySettings, StageModels
from ...memory.settings import TEXT_STAGES
from ...memory.vision_replies import read_visual_answer
from ..mem0 import Mem0
from .settings import is_served, memlora_settings, pin_experts
from .stage_experts import stage_experts

__all__ = ["MemLoRA", "MemLoRAV"]


class MemLoRA(Mem0):
    """Remembers what was said; ignores images and captions."""

    version = "1"
    stages: ClassVar[tuple[str, ...]] = TEXT_STAGES
    """The stages that may have an expert."""

    @classmethod
    def check_options(cls, options: Mapping[str, str], model: str | None) -> None:
        """Check the options of a run before it begins.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        memlora_settings(options, model, cls.stages)

    @classmethod
    def pin_options(cls, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options with the SHA-256 of the experts, which must fit the base model.

        Raises:
            InputError: an option, an expert or the base model can't be used.
            MissingResource: a package or the base model is not on this machine.
        """
        return pin_experts(options, model, cls.stages, sees=cls.image_use == "pixels")

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the base model with its experts, and the files of the memory."""
        self._listing: Mapping[str, Any] = {"served": True}
        super().open(conversation, workdir, services)
        write_json(workdir / "experts.json", {"schema_version": 1, **self._listing})

    def _read_settings(self, services: Services) -> MemorySettings:
        return memlora_settings(services.options, services.model, self.stages)

    def _read_visual_reply(self, reply: ChatReply) -> str:
        return read_visual_answer(reply)

    def _open_models(self, services: Services) -> StageModels:
        if is_served(services.model):
            return super()._open_models(services)
        experts = list(stage_experts(services.options, services.model, self.stages).values())
        base = open_experts(parse_name(services.model or ""), experts)
        sizes = {each.name: (each.folder / WEIGHTS).stat().st_size for each in experts}
        self._listing = {**base.identity(), "bytes": sizes}
        return ExpertModels(services, self._settings, self._usage, self._anomalies, base)


class MemLoRAV(MemLoRA):
    """Looks at images with a vision expert when a question is about one."""

    uses_images = True
    image_use = "pixels"
    stages = (*TEXT_STAGES, "vision")

"""The bundled systems `memlora` and `memlora-v`: mem0's stages with an expert adapter for each.

Files in the work folder: the files of mem0, and experts.json (the base model and its experts).

Source: MemLoRA (arXiv 2512.04763, sections 3.2 and 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from locomo_vqa.files import write_json
from locomo_vqa.models.experts_local import ExpertsModel
from locomo_vqa.system import ConversationInfo, Services

from ...memory import ExpertModels, MemorySettings, StageModels
from ...memory.experts import TEXT_EXPERTS, VISION_EXPERT
from ..mem0 import Mem0
from .settings import base_model, memlora_settings, named_experts, pin_experts

__all__ = ["MemLoRA", "MemLoRAV"]


class MemLoRA(Mem0):
    """Remembers what was said; ignores images and captions."""

    version = "1"
    experts: ClassVar[tuple[str, ...]] = TEXT_EXPERTS
    """The folders of the experts that it needs."""

    @staticmethod
    def check_options(options: Mapping[str, str], model: str | None) -> None:
        """Check the options of a run before it begins.

        Raises:
            InputError: an option is unknown, or its value can't be used.
        """
        memlora_settings(options, model)

    @classmethod
    def pin_options(cls, options: Mapping[str, str], model: str | None) -> Mapping[str, str]:
        """Return the options with the SHA-256 of the experts, which must fit the base model.

        Raises:
            InputError: an option, an expert or the base model can't be used.
            MissingResource: a package or the base model is not on this machine.
        """
        return pin_experts(options, model, cls.experts, sees=cls.image_use == "pixels")

    def open(self, conversation: ConversationInfo, workdir: Path, services: Services) -> None:
        """Open the base model with its experts, and the files of the memory."""
        super().open(conversation, workdir, services)
        write_json(workdir / "experts.json", {"schema_version": 1, **self._base.identity()})

    def _read_settings(self, services: Services) -> MemorySettings:
        return memlora_settings(services.options, services.model)

    def _open_models(self, services: Services) -> StageModels:
        experts = named_experts(services.options, self.experts)
        self._base = ExpertsModel(base_model(services.model), experts)
        return ExpertModels(services, self._settings, self._usage, self._anomalies, self._base)


class MemLoRAV(MemLoRA):
    """Sees images with a vision expert when a question is about one."""

    uses_images = True
    image_use = "pixels"
    experts = (*TEXT_EXPERTS, VISION_EXPERT)

"""An embedded model with several expert adapters, on onnxruntime: no torch, no peft.

The graph's linear layers take the adapter's matrices as inputs, so switching experts neither merges
nor reloads anything. Each batch uses one expert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.embedded_local import EmbeddedLocal
from locomo_vqa.models.expert_requests import ExpertModel, ExpertRequest
from locomo_vqa.models.experts import CONFIG, WEIGHTS, Expert
from locomo_vqa.models.names import ModelName

if TYPE_CHECKING:
    from locomo_vqa.models.embedded.lora import Lora

__all__ = ["EmbeddedExperts"]


class EmbeddedExperts(EmbeddedLocal):
    """An embedded base model and its experts.

    Raises:
        InputError: the name has an unknown size, or an expert belongs to another base model.
        MissingResource: the embedded models are not installed.
    """

    def __init__(self, name: ModelName, experts: Sequence[Expert]) -> None:
        super().__init__(name)
        self._experts = {expert.name: expert for expert in experts}
        self._loras = {each.name: self._read(name, each) for each in experts}

    def identity(self) -> Mapping[str, Any]:
        """Return the base model's identity, and the SHA-256 of each expert."""
        hashes = {name: expert.sha256 for name, expert in self._experts.items()}
        return {**super().identity(), "experts": hashes}

    def expert(self, name: str) -> ExpertModel:
        """Return one expert as a model.

        Raises:
            KeyError: there is no expert of that name.
        """
        return ExpertModel(self, self._experts[name])

    async def ask_expert(self, name: str, request: ChatRequest) -> ChatReply:
        """Return an expert's reply to a request, which is batched with others.

        Raises:
            ModelError: there is no reply.
        """
        return await self.ask(ExpertRequest.of(request, name))

    def _read(self, base: ModelName, expert: Expert) -> Lora:
        config = read_json(expert.folder / CONFIG, what="the adapter's configuration")
        try:
            lora: Lora = self._model.read_lora(expert.folder / WEIGHTS, config)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{expert.folder}: is not an expert of {base.shown} ({error}).",
                "Give the base model that the adapter was trained on, or adapters of this one.",
            ) from None
        return lora

    def _group(self, request: ChatRequest) -> tuple[object, ...]:
        expert = request.expert if isinstance(request, ExpertRequest) else None
        return (*super()._group(request), expert)

    def _lora_of(self, request: ChatRequest) -> Lora | None:
        return self._loras[request.expert] if isinstance(request, ExpertRequest) else None

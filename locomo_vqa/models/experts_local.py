"""One base model with several expert adapters in memory; each request names its expert.

A batch for one expert activates it; in a batch for several, each row has its own. The base model's
weights are in memory once and never change, so nothing is loaded again or merged.

Source: MemLoRA's stages on one small model (arXiv 2512.04763, section 3.2).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.models.expert_fit import another_base, check_peft
from locomo_vqa.models.expert_requests import ExpertModel, ExpertRequest
from locomo_vqa.models.experts import Expert
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.transformers_local import TransformersModel

__all__ = ["ExpertsModel"]


class ExpertsModel(TransformersModel):
    """A base model in this process, and its experts.

    Adapters are kept in the number format of the base model's weights.

    Raises:
        InputError: an expert belongs to another base model.
        MissingResource: the packages or the base model's weights are missing on this machine.
    """

    def __init__(self, name: ModelName, experts: Sequence[Expert]) -> None:
        check_peft()
        self._experts = {expert.name: expert for expert in experts}
        self._active = ""
        super().__init__(name)

    def identity(self) -> Mapping[str, Any]:
        """Return the base model's identity, and the SHA-256 of each expert."""
        return {
            **super().identity(),
            "peft": import_module("peft").__version__,
            "experts": {name: expert.sha256 for name, expert in self._experts.items()},
        }

    def expert(self, name: str) -> ExpertModel:
        """Return one expert as a model.

        Raises:
            KeyError: its name is unknown.
        """
        return ExpertModel(self, self._experts[name])

    async def ask_expert(self, name: str, request: ChatRequest) -> ChatReply:
        """Return an expert's reply to a request, which is answered in a batch.

        Raises:
            ModelError: there is no reply.
        """
        return await self.ask(ExpertRequest.of(request, name))

    def _load(self, name: ModelName, source: Mapping[str, Any]) -> None:
        super()._load(name, source)
        peft = import_module("peft")
        model: Any = None
        for expert in self._experts.values():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # Missing weights are checked below.
                    model, lost = _attach(peft, self._model if model is None else model, expert)
            except (RuntimeError, ValueError, KeyError, TypeError) as error:
                reason = " ".join(str(error).split())[:300]
                raise another_base(expert, name, reason) from None
            if lost:
                raise another_base(expert, name, f"{len(lost)} weights differ, such as {lost[0]}")
        if model is not None:
            self._model = model.eval()
        self._layers = self._simple_layers()

    def _generate(self, requests: Sequence[ChatRequest], inputs: Mapping[str, Any]) -> Any:
        wanted = [request.expert for request in requests if isinstance(request, ExpertRequest)]
        decoding = self._decoding_settings(requests[0])
        if not wanted:
            with self._model.disable_adapter():
                return self._model.generate(**inputs, generation_config=decoding)
        if len(set(wanted)) == 1:
            self._switch(wanted[0])
            return self._model.generate(**inputs, generation_config=decoding)
        return self._model.generate(**inputs, generation_config=decoding, adapter_names=wanted)

    def _switch(self, name: str) -> None:
        """Activate an expert.

        `set_adapter` walks over all modules and marks what can be trained, which takes 10 ms for
        182 layers; nothing is trained here, so naming the expert in each layer is enough.
        """
        if name == self._active:
            return
        for layer in self._layers:
            layer._active_adapter = [name]
        if not self._layers or self._layers[0].active_adapters != [name]:
            self._model.base_model.set_adapter(name, inference_mode=True)
        self._active = name

    def _simple_layers(self) -> list[Any]:
        """Return the layers with adapters; none if an expert changes more than these."""
        if not all(expert.mixable for expert in self._experts.values()):
            return []
        kind = import_module("peft.tuners.tuners_utils").BaseTunerLayer
        return [layer for layer in self._model.modules() if isinstance(layer, kind)]

    def _group(self, request: ChatRequest) -> tuple[object, ...]:
        """Return what the requests of one batch share.

        Requests with images are not mixed: an expert may change the vision tower, whose rows are
        images and not requests.
        """
        together = super()._group(request)
        if not isinstance(request, ExpertRequest):
            return (*together, None)
        alone = request.images or not self._experts[request.expert].mixable
        return (*together, request.expert if alone else "mixed")


def _attach(peft: Any, model: Any, expert: Expert) -> tuple[Any, list[str]]:
    """Return the model with one more expert, and the names of weights that don't match."""
    config = peft.LoraConfig.from_pretrained(str(expert.folder))
    config.inference_mode = True
    config.init_lora_weights = True  # The trained weights replace these below.
    if isinstance(model, peft.PeftModel):
        model.add_adapter(expert.name, config, autocast_adapter_dtype=False)
    else:
        model = peft.PeftModel(model, config, expert.name, autocast_adapter_dtype=False)
    loaded = model.load_adapter(
        str(expert.folder),
        expert.name,
        torch_device=str(model.device),
        autocast_adapter_dtype=False,
    )
    own = f".{expert.name}."
    missing = [key for key in loaded.missing_keys if own in key]
    return model, [*loaded.unexpected_keys, *missing]

"""Checks that experts fit a base model before any weights are loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.install_advice import install_command
from locomo_vqa.models.experts import WEIGHTS, Expert
from locomo_vqa.models.names import ModelName
from locomo_vqa.models.safetensors_header import read_header
from locomo_vqa.models.transformers_local import not_loaded, source_of

__all__ = ["another_base", "check_fit", "check_peft"]

_PREFIX = "base_model.model."
_PLACES = {"lora_A": 1, "lora_B": 0}
"""The dimension that a LoRA matrix shares with the weight of its linear layer."""


def check_peft() -> None:
    """Check that the packages that apply adapters are installed.

    Raises:
        MissingResource: one is not installed.
    """
    for package in ("torch", "transformers", "peft"):
        if find_spec(package) is None:
            raise MissingResource(
                f"Experts need the package {package}, which is not installed.",
                f"Install it: {install_command('models')}.",
            )


def check_fit(base: ModelName, experts: Iterable[Expert], *, sees: bool) -> None:
    """Check that a base model has the layers that the experts change, with the same sizes.

    The model is built without allocating its weights, so this takes seconds and downloads only the
    configuration. With `sees`, the model must accept images.

    Raises:
        InputError: an expert belongs to another base model, or this one does not accept images.
        MissingResource: the base model can't be found.
    """
    model = _load_skeleton(base, sees=sees)
    for expert in experts:
        shapes = _read_shapes(expert)
        if not any(key.rpartition(".lora_")[1] for key in shapes):
            raise InputError(
                f"{expert.folder / WEIGHTS}: has no LoRA weights.", "Save the adapter again."
            )
        for key, shape in shapes.items():
            _check_shape(model, key, shape, expert, base)


def another_base(expert: Expert, base: ModelName, reason: str) -> InputError:
    """Return the error for an expert that belongs to another base model."""
    return InputError(
        f"{expert.folder}: is not an expert of {base.shown} ({reason}).",
        "Give the base model that the adapter was trained on, or adapters of this one.",
    )


def _load_skeleton(base: ModelName, *, sees: bool) -> Any:
    torch, library = import_module("torch"), import_module("transformers")
    source = source_of(base)
    try:
        config = library.AutoConfig.from_pretrained(base.target, **source)
        sees_images = hasattr(config, "vision_config")
        auto = library.AutoModelForImageTextToText if sees_images else library.AutoModelForCausalLM
        with torch.device("meta"):
            model = auto.from_config(config, trust_remote_code=source["trust_remote_code"])
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        raise not_loaded(base, error) from None
    if sees and not sees_images:
        raise InputError(
            f"{base.label}: does not see images.",
            "Give an InternVL base such as transformers:OpenGVLab/InternVL3-2B-hf.",
        )
    return model


def _read_shapes(expert: Expert) -> Mapping[str, tuple[int, ...]]:
    file = expert.folder / WEIGHTS
    try:
        return {name: tensor.shape for name, tensor in read_header(file).items()}
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: can't be read ({error}).", "Save the adapter again.") from None


def _check_shape(
    model: Any, key: str, shape: tuple[int, ...], expert: Expert, base: ModelName
) -> None:
    layer, mark, rest = key.removeprefix(_PREFIX).rpartition(".lora_")
    matrix = f"lora_{rest.partition('.')[0]}"
    if not mark or matrix not in _PLACES:  # Peft itself checks the other weights.
        return
    try:
        weight = model.get_submodule(layer).weight
    except AttributeError:
        raise another_base(expert, base, f"that has no layer {layer}") from None
    place = _PLACES[matrix]
    if shape[place] != weight.shape[place]:
        reason = f"{layer} has size {weight.shape[place]} there, {shape[place]} in the expert"
        raise another_base(expert, base, reason)

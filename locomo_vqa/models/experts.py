"""Expert adapters on disk: a folder of LoRA adapters, as peft saves them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import read_json, sha256_file
from locomo_vqa.models.safetensors_header import read_header

__all__ = ["CONFIG", "WEIGHTS", "Expert", "find_experts", "hash_experts"]

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
"""Only these files are read: peft would also load pickled weights, which can run code."""

_KEEPS_BASE = (True, False, None, "gaussian", "orthogonal", "eva")
"""Values of `init_lora_weights` that leave the base model's weights unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expert:
    """One LoRA adapter."""

    name: str
    """Its task: the name of its folder."""
    folder: Path
    """Its folder."""
    sha256: str
    """One SHA-256 over its configuration and its weights."""
    mixable: bool
    """Whether it can share a batch with other experts: it only adds to linear layers (no DoRA, no
    biases, no modules or tokens of its own)."""


def find_experts(folder: Path, names: Iterable[str]) -> tuple[Expert, ...]:
    """Return the experts of these names in a folder.

    Raises:
        InputError: one is missing, or is not a LoRA adapter.
    """
    return tuple(_read(folder / name) for name in names)


def hash_experts(experts: Iterable[Expert]) -> str:
    """Return one SHA-256 over the names and the files of experts."""
    digest = hashlib.sha256()
    for expert in sorted(experts, key=lambda expert: expert.name):
        digest.update(f"{expert.name}\0{expert.sha256}\n".encode())
    return digest.hexdigest()


def _read(folder: Path) -> Expert:
    for file in (CONFIG, WEIGHTS):
        if not (folder / file).is_file():
            raise InputError(
                f"{folder}: has no expert for {folder.name} ({file} is missing).",
                f"Save the adapter there with peft: {CONFIG} and {WEIGHTS}.",
            )
    config = read_json(folder / CONFIG, what="the adapter's configuration")
    reason = _why_unusable(config)
    if reason is not None:
        raise InputError(
            f"{folder / CONFIG}: {reason}.",
            "Give a LoRA adapter that was saved with peft's save_pretrained.",
        )
    _check_weights(folder / WEIGHTS)
    digest = hashlib.sha256()
    for file in (CONFIG, WEIGHTS):
        digest.update(f"{file}\0{sha256_file(folder / file)}\n".encode())
    return Expert(
        name=folder.name, folder=folder, sha256=digest.hexdigest(), mixable=_is_mixable(config)
    )


def _check_weights(file: Path) -> None:
    try:
        read_header(file)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file}: can't be read as an adapter's weights ({error}).",
            "Copy the file again from where the adapter was trained, or train it again.",
        ) from None


def _why_unusable(config: Any) -> str | None:
    if not isinstance(config, Mapping) or config.get("peft_type") != "LORA":
        return "is not a LoRA adapter's configuration"
    start = config.get("init_lora_weights")
    if start not in _KEEPS_BASE:
        return f"its init_lora_weights, {start!r}, changes the base model that others share"
    if config.get("layer_replication"):
        return "its layer_replication changes the base model that others share"
    return None


def _is_mixable(config: Mapping[str, Any]) -> bool:
    more = ("modules_to_save", "trainable_token_indices", "target_parameters", "alora_config")
    simple = not any(config.get(name) for name in (*more, "use_dora", "lora_bias"))
    return simple and config.get("bias", "none") == "none"

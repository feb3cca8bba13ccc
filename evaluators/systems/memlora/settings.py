"""The options of `memlora` and `memlora-v`: the experts, and the options of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.arguments import check_option_names
from locomo_vqa.errors import InputError
from locomo_vqa.models.expert_fit import check_fit, check_peft
from locomo_vqa.models.experts import Expert, find_experts, hash_experts
from locomo_vqa.models.names import ModelName, parse_name

from ...memory import MEMORY_OPTIONS, MemorySettings

__all__ = ["MEMLORA_OPTIONS", "base_model", "memlora_settings", "named_experts", "pin_experts"]

_EXPERTS, _HASH = "experts", "experts_sha256"

MEMLORA_OPTIONS: Mapping[str, str] = {
    _EXPERTS: "the folder that contains a folder for each expert; required",
    _HASH: "the SHA-256 that the experts must have; recorded by every run",
    **{name: about for name, about in MEMORY_OPTIONS.items() if name != "vision"},
    "prompts": "long or reduced; default: reduced",
    "reply_tokens": "limit of extraction and update replies; default: 512",
    "shared_images": "see or keep (memlora-v); default: keep",
}
"""Every option with its values and its default."""

_DEFAULTS: Mapping[str, str] = {
    "prompts": "reduced",
    "reply_tokens": "512",
    "shared_images": "keep",
}
"""What the experts were trained for: MemLoRA's reduced prompts (appendix A.1), and facts from text
alone. The limit of 512 tokens is an assumption; the means in table A7 are below 60."""


def memlora_settings(options: Mapping[str, str], model: str | None) -> MemorySettings:
    """Return how the stages run.

    Raises:
        InputError: an option is unknown, or its value can't be used.
    """
    check_option_names("memlora", options, MEMLORA_OPTIONS)
    if options.get("shared_images") == "describe":
        raise InputError(
            "`options`: shared_images must be one of see, keep, not 'describe': no expert "
            "describes images.",
            "Choose one of these values.",
        )
    shared = {name: value for name, value in options.items() if name in MEMORY_OPTIONS}
    return MemorySettings.from_options({**_DEFAULTS, **shared}, model=model, system="memlora")


def named_experts(options: Mapping[str, str], wanted: Sequence[str]) -> tuple[Expert, ...]:
    """Return the experts in the folder that the options name.

    Raises:
        InputError: no folder is named, an expert is missing, or their SHA-256 differs.
    """
    folder = options.get(_EXPERTS)
    if folder is None:
        raise InputError(
            "`options`: memlora needs the option experts, the folder of its experts.",
            f"Add experts=FOLDER; the folder contains {', '.join(wanted)}.",
        )
    experts = find_experts(Path(folder), wanted)
    found = hash_experts(experts)
    if options.get(_HASH, found) != found:
        raise InputError(
            f"`options`: experts={folder} does not have the expected SHA-256 ({found}).",
            f"Give the folder of the experts with {options[_HASH]}, or leave out experts_sha256.",
        )
    return experts


def base_model(model: str | None) -> ModelName:
    """Return the parsed name of the base model.

    Raises:
        InputError: the model can't take adapters in this process.
    """
    name = parse_name(model or "")
    if name.scheme != "transformers":
        raise InputError(
            f"{name.label}: can't take adapters; memlora runs its experts in this process, with "
            "transformers.",
            "Name a base model like transformers:google/gemma-2-2b-it.",
        )
    return name


def pin_experts(
    options: Mapping[str, str], model: str | None, wanted: Sequence[str], *, sees: bool
) -> Mapping[str, str]:
    """Return the options with the experts' SHA-256, after checking that they fit the base model.

    Raises:
        InputError: an option, an expert or the base model can't be used.
        MissingResource: a package or the base model is not on this machine.
    """
    base = base_model(model)
    memlora_settings(options, model)
    experts = named_experts(options, wanted)
    check_peft()
    check_fit(base, experts, sees=sees)
    return {**options, _HASH: hash_experts(experts)}

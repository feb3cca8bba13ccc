"""The options of `memlora` and `memlora-v`: the experts, and the options of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.arguments import check_option_names
from locomo_vqa.errors import InputError
from locomo_vqa.models.expert_opening import check_experts
from locomo_vqa.models.experts import hash_experts
from locomo_vqa.models.names import parse_name

from ...memory import MEMORY_OPTIONS, MemorySettings
from ...memory.experts import EXPERT_OF
from ...own_prompts import pinned_prompts
from .stage_experts import BASE, EXPERTS, EXPERTS_HASH, stage_experts

__all__ = ["MEMLORA_OPTIONS", "is_served", "memlora_settings", "pin_experts"]

_ADAPTER = "an adapter's folder, the name of an adapter that is served, or `base` for none"

MEMLORA_OPTIONS: Mapping[str, str] = {
    EXPERTS: "the folder that contains a folder for each expert, or `sample` for those that come "
    "with an embedded model; a stage without one is answered by the base model",
    EXPERTS_HASH: "the SHA-256 that the experts must have; recorded by every run",
    **MEMORY_OPTIONS,
    "prompts": "long, reduced, or a folder with prompts of your own; default: reduced",
    "reply_tokens": "limit of extraction and update replies; default: 200 for an embedded model, "
    "else 512",
    "shared_images": "see or keep (memlora-v); default: keep",
    **dict.fromkeys(EXPERT_OF, f"the expert of this stage: {_ADAPTER}"),
}
"""Every option with its values and its default."""

_SERVED_DEFAULTS: Mapping[str, str] = {
    "reply_tokens": "512",
    "shared_images": "keep",
}
"""The defaults that MemLoRA's experts were trained for, besides its reduced prompts (appendix A.1):
facts from text alone. The limit of 512 tokens is an assumption; the means in table A7 are below
60. Models in this process have these defaults anyway."""


def memlora_settings(
    options: Mapping[str, str], model: str | None, stages: Sequence[str]
) -> MemorySettings:
    """Return the settings of the pipeline; `stages` are those that may have an expert.

    Raises:
        InputError: an option is unknown, or its value can't be used.
    """
    others = EXPERT_OF.keys() - set(stages)
    known = [name for name in MEMLORA_OPTIONS if name not in others]
    check_option_names("memlora", options, known)
    if options.get("shared_images") == "describe":
        raise InputError(
            "`options`: shared_images must be one of see, keep, not 'describe': no expert "
            "describes images.",
            "Choose one of these values.",
        )
    shared = {name: value for name, value in options.items() if name in MEMORY_OPTIONS}
    if is_served(model):
        shared = {**_SERVED_DEFAULTS, **shared}
        served = {stage: shared.pop(stage, BASE) for stage in EXPERT_OF}
        shared |= {stage: name for stage, name in served.items() if name != BASE}
        shared["shared_images"] = options.get("shared_images", "keep")
    else:
        shared = {name: value for name, value in shared.items() if name not in EXPERT_OF}
    return MemorySettings.from_options(shared, model=model, system="memlora", form="reduced")


def is_served(model: str | None) -> bool:
    """Return whether a server runs the base model and its experts."""
    return model is not None and parse_name(model).scheme == "openai"


def pin_experts(
    options: Mapping[str, str], model: str | None, wanted: Sequence[str], *, sees: bool
) -> Mapping[str, str]:
    """Return the options with the experts' SHA-256, after checking that they fit the base model.

    `wanted` are the stages that may have an expert. If a server has the experts, only their names
    are known.

    Raises:
        InputError: an option, an expert or the base model can't be used.
        MissingResource: a package or the base model is not on this machine.
    """
    options = pinned_prompts(options, memlora_settings(options, model, wanted).own_prompts)
    if is_served(model):
        _check_served(options, wanted)
        return options
    found = stage_experts(options, model, wanted)
    experts = list(found.values())
    check_experts(parse_name(model or ""), experts, sees=sees)
    unnamed = {stage: BASE for stage in wanted if stage not in found}
    return {**options, **unnamed, EXPERTS_HASH: hash_experts(experts)}


def _check_served(options: Mapping[str, str], wanted: Sequence[str]) -> None:
    for name in (EXPERTS, EXPERTS_HASH):
        if name in options:
            raise InputError(
                f"`options`: {name} can't be used with an endpoint, which has its own adapters.",
                "Name the served adapter of each stage, such as extraction=NAME.",
            )
    if not any(options.get(stage, BASE) != BASE for stage in wanted):
        raise InputError(
            "`options`: memlora needs at least one expert.",
            f"Name the served adapters: {', '.join(f'{stage}=NAME' for stage in wanted)}.",
        )

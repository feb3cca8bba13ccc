"""What can be set with `--option`: where the experts lie, and what mem0 has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.models.expert_fit import check_fit, check_peft
from locomo_vqa.models.experts import Expert, find_experts, hash_experts
from locomo_vqa.models.names import ModelName, parse_name

from ...memory.settings import OPTIONS as MEM0_OPTIONS
from ...memory.settings import MemorySettings

__all__ = ["OPTIONS", "base_model", "named_experts", "pin_experts", "read_settings"]

_EXPERTS, _HASH = "experts", "experts_sha256"

OPTIONS: Mapping[str, str] = {
    _EXPERTS: "the folder with a folder for each expert; must be given",
    _HASH: "the SHA-256 that the experts must have; what they have, and recorded so",
    **{name: words for name, words in MEM0_OPTIONS.items() if name != "vision"},
    "prompts": "long, or reduced; reduced",
    "reply_tokens": "the longest reply of extraction and update; 512",
    "pictures": "memlora-v: see, or keep; keep",
}
"""Every option, with its values and its default."""

_DEFAULTS: Mapping[str, str] = {"prompts": "reduced", "reply_tokens": "512", "pictures": "keep"}
"""What the experts were trained for: MemLoRA's reduced prompts (appendix A.1), facts from words
alone; replies of 512 tokens at most are an assumption (table A7's means are below 60)."""


def read_settings(options: Mapping[str, str], model: str | None) -> MemorySettings:
    """Return how the stages run.

    Raises:
        InputError: an option is unknown, or has no value that makes sense.
    """
    for name in options:
        if name not in OPTIONS:
            raise InputError(
                f"--option {name}: memlora has no such option.", f"It has {', '.join(OPTIONS)}."
            )
    if options.get("pictures") == "describe":
        raise InputError(
            "--option pictures=describe: no expert describes pictures.",
            "pictures can be see, keep.",
        )
    shared = {name: value for name, value in options.items() if name in MEM0_OPTIONS}
    return MemorySettings.read({**_DEFAULTS, **shared}, model=model)


def named_experts(options: Mapping[str, str], wanted: Sequence[str]) -> tuple[Expert, ...]:
    """Return the experts in the folder that the options name.

    Raises:
        InputError: no folder is named, an expert is missing, or they are not those of before.
    """
    folder = options.get(_EXPERTS)
    if folder is None:
        raise InputError(
            "memlora needs its experts, and no --option names their folder.",
            f"Add --option experts=FOLDER, with {', '.join(wanted)} in it.",
        )
    experts = find_experts(Path(folder), wanted)
    found = hash_experts(experts)
    if options.get(_HASH, found) != found:
        raise InputError(
            f"--option experts={folder}: are others than before (SHA-256 {found}).",
            f"Give the folder of those with {options[_HASH]}, or leave experts_sha256 out.",
        )
    return experts


def base_model(model: str | None) -> ModelName:
    """Return the base model's name, taken apart.

    Raises:
        InputError: it is none that can take adapters in this process.
    """
    name = parse_name(model or "")
    if name.scheme != "transformers":
        raise InputError(
            f"--model {name.shown}: memlora runs its experts in this process, over transformers.",
            "Name the base model like transformers:google/gemma-2-2b-it.",
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
    read_settings(options, model)
    experts = named_experts(options, wanted)
    check_peft()
    check_fit(base, experts, sees=sees)
    return {**options, _HASH: hash_experts(experts)}

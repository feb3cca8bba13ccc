"""Determines each stage's adapter from the options of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from locomo_vqa.arguments import nearest
from locomo_vqa.errors import InputError
from locomo_vqa.models.experts import CONFIG, WEIGHTS, Expert, find_experts, hash_experts
from locomo_vqa.models.names import parse_name

from ...memory.experts import EXPERT_OF

__all__ = ["BASE", "EXPERTS", "EXPERTS_HASH", "stage_experts"]

EXPERTS = "experts"
"""The option that names the folder of all experts."""

EXPERTS_HASH = "experts_sha256"
"""The option with the SHA-256 that the experts must have."""

BASE = "base"
"""The value of a stage's option that means no expert."""

_SAMPLE = "sample"


def stage_experts(
    options: Mapping[str, str], model: str | None, wanted: Sequence[str]
) -> dict[str, Expert]:
    """Return the expert of each of the wanted stages that has one.

    Raises:
        InputError: no stage has an expert, a folder is not a LoRA adapter, or the experts don't
            have the expected SHA-256.
    """
    folder = _experts_folder(options.get(EXPERTS), model)
    _check_names(folder)
    found: dict[str, Expert] = {}
    for stage in wanted:
        name = EXPERT_OF[stage]
        path = Path(options[stage]) if stage in options else folder and folder / name
        if options.get(stage) == BASE or path is None:
            continue
        if stage in options or path.exists():
            (expert,) = find_experts(path.parent, [path.name])
            found[stage] = replace(expert, name=name)
    if not found:
        names = ", ".join(EXPERT_OF[stage] for stage in wanted)
        where = (
            "memlora needs the option experts, the folder of its experts"
            if folder is None
            else (f"{folder} has no folder of an expert")
        )
        raise InputError(
            f"`options`: {where}.",
            f"Add experts=FOLDER; the folder contains some of {names}, each with {CONFIG}.",
        )
    known = hash_experts(found.values())
    if options.get(EXPERTS_HASH, known) != known:
        raise InputError(
            f"`options`: this set of experts does not have the expected SHA-256 ({known}).",
            f"Give the folder of the experts with {options[EXPERTS_HASH]}, or leave out "
            "experts_sha256.",
        )
    return found


def _check_names(folder: Path | None) -> None:
    """Check that no folder of an expert, or with nearly a stage's name, would be ignored.

    Raises:
        InputError: one would be, and its stage would be answered by the base model.
    """
    if folder is None or not folder.is_dir():
        return
    known = tuple(EXPERT_OF.values())
    for path in sorted(folder.iterdir()):
        close = nearest(path.name, known)
        hidden = path.name.startswith(".") or not path.is_dir()
        if hidden or path.name in known:
            continue
        if close or any((path / file).exists() for file in (CONFIG, WEIGHTS)):
            guess = f"Did you mean {close}? " if close else ""
            raise InputError(
                f"`options`: {path} is not named after a stage, so no stage would use it.",
                f"{guess}Rename it to one of {', '.join(known)}, or move it elsewhere.",
            )


def _experts_folder(value: str | None, model: str | None) -> Path | None:
    if value is None:
        return None
    base = parse_name(model or "")
    if value != _SAMPLE or Path(value).is_dir():
        return Path(value)
    if base.scheme == "embedded":
        from locomo_vqa.models.embedded_local import embedded_folder

        folder = embedded_folder(base.target) / EXPERTS
        if folder.is_dir():
            return folder
    raise InputError(
        f"`options`: no experts come with {base.shown}.",
        "Use embedded:student, whose experts do, or name the folder of your own.",
    )

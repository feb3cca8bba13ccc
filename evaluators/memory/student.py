"""The student: the small model that answers, and for which an adapter is trained."""

from __future__ import annotations

from collections.abc import Mapping

from locomo_vqa.errors import InputError
from locomo_vqa.models.embedded_local import embedded_folder
from locomo_vqa.models.names import ModelName, parse_name
from locomo_vqa.models.opening import check_local

from .settings import MemorySettings

__all__ = ["refuse_own_prompts", "student_base", "student_settings"]


def student_base(model: str | None, *, parameter: str = "model") -> ModelName:
    """Return the student's name for transformers, to run or train an adapter.

    An embedded model is loaded from its checkpoint in float32, its precision without an adapter.

    Args:
        model: the student's name.
        parameter: the parameter that the name comes from, for the error.

    Raises:
        InputError: the model can't take an adapter in this process.
        MissingResource: an embedded model is not on this machine.
    """
    name = parse_name(model or "", parameter=parameter)
    if name.scheme == "transformers":
        return name
    if name.scheme != "embedded":
        raise InputError(
            f"{name.label}: can't take an adapter; only models that run in this process can.",
            "Name a student like transformers:google/gemma-2-2b-it, or leave the adapter out.",
        )
    check_local(name.spec, parameter=parameter)
    folder = embedded_folder(name.target)
    options = {"dtype": "float32", **name.options}
    return ModelName(spec=name.spec, scheme="transformers", target=str(folder), options=options)


def refuse_own_prompts(*settings: MemorySettings) -> None:
    """Refuse prompts of the user's own, which nothing can be distilled with.

    Raises:
        InputError: settings name a folder of prompts.
    """
    if any(each.own_prompts is not None for each in settings):
        raise InputError(
            "`options`: prompts must be long or reduced: a distillation asks with these prompts.",
            "Leave prompts out, and give the folder to `run`.",
        )


def student_settings(
    options: Mapping[str, str], model: str | None, *, system: str = "duomem"
) -> MemorySettings:
    """Return a student's settings for the stages.

    A student always gets the reduced prompts, so that all variants see the same prompts, which
    are also those that adapters are trained on.

    Args:
        options: the pipeline's options; see `MEMORY_OPTIONS`.
        model: the student's name.
        system: the system's name, for errors.

    Raises:
        InputError: an option is unknown, or its value can't be used.
    """
    defaults = {}
    if model is not None and parse_name(model).scheme != "embedded":
        defaults["reply_tokens"] = "512"
    return MemorySettings.from_options(
        {**defaults, **options}, model=model, system=system, form="reduced"
    )

"""The student: the model that answers, and that an adapter is trained on."""

from __future__ import annotations

from locomo_vqa.errors import InputError
from locomo_vqa.models.embedded_local import embedded_folder
from locomo_vqa.models.names import ModelName, parse_name
from locomo_vqa.models.opening import check_local

__all__ = ["student_base"]


def student_base(model: str | None, option: str = "--model") -> ModelName:
    """Return the student as transformers loads it, for an adapter.

    An embedded model is loaded from its own checkpoint, in float32, which is how it runs without
    an adapter. `option` is where it was named, for the error.

    Raises:
        InputError: it is none that can take an adapter in this process.
        MissingResource: an embedded model is not on this machine.
    """
    name = parse_name(model or "")
    if name.scheme == "transformers":
        return name
    if name.scheme != "embedded":
        raise InputError(
            f"{option} {name.shown}: takes no adapter; only models in this process do.",
            "Name the student like transformers:google/gemma-2-2b-it, or leave the adapter out.",
        )
    check_local(name.spec)
    folder = embedded_folder(name.target)
    options = {"dtype": "float32", **name.options}
    return ModelName(spec=name.spec, scheme="transformers", target=str(folder), options=options)

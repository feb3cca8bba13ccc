"""Opens a model by its name on the command line."""

from __future__ import annotations

from importlib.util import find_spec

from locomo_vqa.errors import MissingResource
from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.names import ModelName, parse_name

__all__ = ["check_local", "open_model"]


def open_model(spec: str, *, timeout_s: float = 120.0, tries: int = 5) -> ChatModel:
    """Return the model of that name, its weights loaded; nothing is asked of a server yet.

    `timeout_s` is how long one call to a server may take, `tries` how often it is made at most.

    Raises:
        InputError: the name is wrong.
        MissingResource: packages, weights or a GPU are not on this machine.
    """
    name = parse_name(spec)
    if name.scheme == "lmdeploy":
        from locomo_vqa.models.lmdeploy_local import LmdeployModel

        return LmdeployModel(name)
    if name.scheme == "transformers":
        from locomo_vqa.models.transformers_local import TransformersModel

        return TransformersModel(name)
    if name.scheme == "embedded":
        from locomo_vqa.models.embedded_local import EmbeddedLocal

        return EmbeddedLocal(name)
    return _open_endpoint(name, timeout_s=timeout_s, tries=tries)


def check_local(spec: str) -> str:
    """Return a local model's name as it is written, after checking what costs nothing to check.

    The weights are loaded later, once in every process that asks the model.

    Raises:
        InputError: the name is wrong.
        MissingResource: the model's package, or an embedded model, is not on this machine.
    """
    name = parse_name(spec)
    package, extra = _PACKAGES.get(name.scheme, (None, None))
    if name.scheme == "embedded":
        open_model(spec)
    elif package and find_spec(package) is None:
        raise MissingResource(
            f"--model {name.shown}: the package {package} is not installed.",
            f"Install it: pip install 'locomo-vqa[{extra}]'.",
        )
    return name.spec


_PACKAGES = {"lmdeploy": ("lmdeploy", "lmdeploy"), "transformers": ("transformers", "models")}
"""What a backend can't do without, and the extra that brings it, by the scheme of the name."""


def _open_endpoint(name: ModelName, *, timeout_s: float, tries: int) -> ChatModel:
    from locomo_vqa.models.endpoint import parse_endpoint
    from locomo_vqa.models.openai_endpoint import IN_FLIGHT, OpenAIModel

    return OpenAIModel(
        parse_endpoint(name.spec, timeout_s=timeout_s),
        revision=name.options.get("revision"),
        in_flight=name.number("in_flight", IN_FLIGHT),
        tries=tries,
    )

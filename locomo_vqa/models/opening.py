"""Opens a model by its name on the command line."""

from __future__ import annotations

from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.names import ModelName, parse_name

__all__ = ["open_model"]


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


def _open_endpoint(name: ModelName, *, timeout_s: float, tries: int) -> ChatModel:
    from locomo_vqa.models.endpoint import parse_endpoint
    from locomo_vqa.models.openai_endpoint import IN_FLIGHT, OpenAIModel

    return OpenAIModel(
        parse_endpoint(name.spec, timeout_s=timeout_s),
        revision=name.options.get("revision"),
        in_flight=name.number("in_flight", IN_FLIGHT),
        tries=tries,
    )

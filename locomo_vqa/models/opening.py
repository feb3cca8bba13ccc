"""Opens a model by its name."""

from __future__ import annotations

from importlib.util import find_spec

from locomo_vqa.errors import MissingResource
from locomo_vqa.install_advice import install_command
from locomo_vqa.models.chat import ChatModel
from locomo_vqa.models.names import ModelName, parse_name

__all__ = ["check_local", "check_model", "open_model"]


def open_model(
    spec: str, *, timeout_s: float = 120.0, tries: int = 5, parameter: str = "model"
) -> ChatModel:
    """Open a model by its name: local weights are loaded, but no server is called yet.

    Args:
        spec: the name, as `locomo_vqa.models.names` describes it.
        timeout_s: how long one call to a server may take.
        tries: how many attempts a call gets at most.
        parameter: what errors call the name.

    Raises:
        InputError: the name is wrong.
        MissingResource: packages, weights or a GPU are missing on this machine.
    """
    name = parse_name(spec, parameter=parameter)
    if name.scheme == "lmdeploy":
        from locomo_vqa.models.lmdeploy_local import LmdeployModel

        return LmdeployModel(name)
    if name.scheme == "transformers":
        from locomo_vqa.models.transformers_local import TransformersModel

        return TransformersModel(name)
    if name.scheme == "embedded" and name.target == "verifier":
        from locomo_vqa.models.embedded_verifier import EmbeddedVerifier

        return EmbeddedVerifier(name)
    if name.scheme == "embedded":
        from locomo_vqa.models.embedded_local import EmbeddedLocal

        return EmbeddedLocal(name)
    return _open_endpoint(name, timeout_s=timeout_s, tries=tries)


def check_local(spec: str, *, parameter: str = "model") -> str:
    """Return a local model's name unchanged, after the checks that cost nothing.

    The weights are loaded later, once in every process that asks the model. `parameter` is what
    errors call the name.

    Raises:
        InputError: the name is wrong.
        MissingResource: the model's package, an embedded model, or the configuration of a model for
            transformers is missing on this machine and can't be fetched.
    """
    name = parse_name(spec, parameter=parameter)
    package, extra = _PACKAGES.get(name.scheme, (None, None))
    if name.scheme == "embedded":
        open_model(spec, parameter=parameter)
    elif package and find_spec(package) is None:
        raise MissingResource(
            f"{name.label}: the package {package} is not installed.",
            f"Install it: {install_command(extra or '')}.",
        )
    if name.scheme == "transformers":
        from locomo_vqa.models.transformers_local import TRANSFORMERS_OPTIONS
        from locomo_vqa.models.weights_source import check_configuration

        check_configuration(name.check_options(*TRANSFORMERS_OPTIONS))
    return name.spec


def check_model(spec: str, *, parameter: str = "model") -> None:
    """Check a model's name, and that a local model's package is installed; ask no server.

    Raises:
        InputError: the name is wrong.
        MissingResource: see `check_local`.
    """
    name = parse_name(spec, parameter=parameter)
    if name.scheme != "openai":
        check_local(spec, parameter=parameter)
        return
    from locomo_vqa.models.endpoint import parse_endpoint
    from locomo_vqa.models.openai_endpoint import IN_FLIGHT

    parse_endpoint(spec, timeout_s=120.0, parameter=parameter)
    name.number("in_flight", IN_FLIGHT)


_PACKAGES = {"lmdeploy": ("lmdeploy", "lmdeploy"), "transformers": ("transformers", "models")}
"""By scheme: the package that it needs, and the extra that installs it."""


def _open_endpoint(name: ModelName, *, timeout_s: float, tries: int) -> ChatModel:
    from locomo_vqa.models.endpoint import parse_endpoint
    from locomo_vqa.models.openai_endpoint import IN_FLIGHT, OpenAIModel

    return OpenAIModel(
        parse_endpoint(name.spec, timeout_s=timeout_s, parameter=name.parameter),
        revision=name.options.get("revision"),
        in_flight=name.number("in_flight", IN_FLIGHT),
        tries=tries,
    )

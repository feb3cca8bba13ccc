"""Makes the services for a system: the model, after a test request."""

from __future__ import annotations

from contextlib import closing

from locomo_vqa.arguments import check_number
from locomo_vqa.errors import InputError
from locomo_vqa.models.endpoint import parse_endpoint
from locomo_vqa.system import Endpoint, Services

from ..hosting.isolation import outside_event_loop
from ..loading import LoadedSystem

__all__ = ["lend_model", "named_temperature"]

_MIN_SECONDS = 0.1
_MAX_SECONDS = 86_400


def lend_model(
    system: LoadedSystem, model: str | None, *, timeout: float = 120.0, check: bool = True
) -> Services:
    """Return the services with the named model, after a test request to its endpoint.

    Without `check`, no request is made, because a replayed run may need no endpoint.

    Raises:
        InputError: the system needs a model, or uses none; or `timeout` is out of range.
        MissingResource: the endpoint does not answer.
    """
    check_number("timeout", timeout, low=_MIN_SECONDS, high=_MAX_SECONDS)
    if model is not None and not (system.uses_model or system.only_retrieves):
        raise InputError(
            f"`model`: {system.name} doesn't use a model, so {model} can't be recorded for it.",
            "Leave `model` out (and its environment variable unset).",
        )
    if model is None:
        if system.needs_model:
            what = "is answered by" if system.only_retrieves else "asks"
            raise InputError(
                f"{system.name} {what} a language model, but `model` is missing.",
                "Name one, such as openai:http://127.0.0.1:23333/v1?model=NAME.",
            )
        return Services()
    anywhere = system.any_model or (system.only_retrieves and not system.reads_with_model)
    if anywhere and not model.startswith("openai:"):
        from locomo_vqa.models.opening import check_local

        return Services(model=check_local(model))
    endpoint = parse_endpoint(model, timeout_s=timeout)
    if check:
        outside_event_loop(lambda: _check_endpoint(endpoint))
    return Services(llm=endpoint, model=model)


def _check_endpoint(endpoint: Endpoint) -> None:
    from locomo_vqa.models.blocking import BlockingEndpoint

    with closing(BlockingEndpoint(endpoint)) as chat:
        chat.check()


def named_temperature(services: Services) -> float | None:
    """Return the temperature of the run's model: 0, unless the model's name has another."""
    if services.llm is None:
        return 0 if services.model else None
    named = services.llm.body.get("temperature", 0)
    return named if isinstance(named, int | float) else 0

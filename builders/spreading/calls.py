"""Results of actors, with errors as they were raised there."""

from __future__ import annotations

from typing import Any

from locomo_vqa.errors import MissingResource

__all__ = ["result_of"]


async def result_of(reference: Any) -> Any:
    """Return the result of an actor's method; if this is cancelled, the method goes on.

    Raises:
        Exception: what the method raised.
        MissingResource: the actor is lost: it could not be started, or not again.
    """
    from ray.exceptions import RayError, RayTaskError

    try:
        return await reference
    except RayTaskError as error:
        raise error.cause from None
    except RayError as error:
        raise MissingResource(
            f"A process of the build on a node of the cluster is lost ({_first_line(error)}).",
            "Look into Ray's logs on that node, and repeat the call: replies so far are kept.",
        ) from None


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")[:200]

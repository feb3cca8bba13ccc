"""Checks that a system can be run on the nodes of a cluster."""

from __future__ import annotations

from locomo_vqa.errors import InputError

from ..loading import LoadedSystem

__all__ = ["check_movable"]


def check_movable(system: LoadedSystem) -> None:
    """Check that a system can be sent to other nodes.

    Raises:
        InputError: it runs on a server, or holds something that can't be sent.
    """
    if system.address:
        raise InputError(
            f"`workers`: {system.name} runs where its server runs, not on the nodes of a cluster.",
            "Leave `workers` out, or pass the system as module:Class.",
        )
    from ray import cloudpickle

    try:
        cloudpickle.dumps(system)
    except Exception as error:  # noqa: BLE001 - whatever the system's objects raise
        raise InputError(
            f"`workers`: {system.name} can't be sent to other nodes "
            f"({type(error).__name__}: {error}).",
            "Put the class into a module and pass it as module:Class, or leave `workers` out.",
        ) from None

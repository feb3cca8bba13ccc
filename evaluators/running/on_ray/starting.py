"""Starts the actors of nodes, and waits until they run."""

from __future__ import annotations

import time
from typing import Any

from locomo_vqa.errors import MissingResource
from locomo_vqa.workers import WORKER_CPUS, Cluster

from .node import Node

__all__ = ["settled_node", "start_node", "wait_for_node"]

_START_S = 300.0
_AGAIN_S = 0.2
_TRIES = 10


def start_node(cluster: Cluster, name: str) -> Any:
    """Start the actor of a node; if the node is lost, Ray starts it again on another."""
    import ray

    options = {"num_cpus": WORKER_CPUS, "max_restarts": -1, **cluster.on(name)}
    return ray.remote(Node).options(**options).remote()


def settled_node(cluster: Cluster, name: str, node: Any) -> Any:
    """Return the actor of a node, once it runs.

    Ray may start it elsewhere if the node has only just joined; then it is started again.
    """
    import ray

    for _ in range(_TRIES):
        if wait_for_node(node) == name:
            break
        ray.kill(node)
        time.sleep(_AGAIN_S)
        node = start_node(cluster, name)
    wait_for_node(node)
    return node


def wait_for_node(node: Any) -> str:
    """Wait until an actor runs, and return the id of the node that Ray started it on.

    Raises:
        MissingResource: it can't be started.
    """
    import ray

    end = time.monotonic() + _START_S
    while True:
        try:
            return str(ray.get(node.where.remote(), timeout=max(1.0, end - time.monotonic())))
        except ray.exceptions.ActorUnavailableError:
            time.sleep(_AGAIN_S)
        except ray.exceptions.RayError as error:
            if isinstance(error, ray.exceptions.ActorDiedError) or time.monotonic() > end:
                reason = str(error).strip().splitlines()[-1]
                raise MissingResource(
                    f"A node of the cluster can't run conversations ({reason}).",
                    "Install the same version of locomo-vqa on every node, and repeat the run.",
                ) from None

"""Where work is done: in this process, or on the nodes of a Ray cluster.

The argument `workers` is `asyncio` for this process, `ray` for the cluster that this machine
belongs to (or `RAY_ADDRESS` names; without either, Ray is started on this machine and ended with
the work), or `ray:ADDRESS` for another one, such as `ray:auto` or `ray:10.0.0.1:6379`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from locomo_vqa.arguments import nearest
from locomo_vqa.cluster_address import ON_A_NODE, check_address, check_reachable, without_secrets
from locomo_vqa.errors import InputError, MissingResource
from locomo_vqa.install_advice import install_command

__all__ = ["WORKER_CPUS", "Cluster", "Workers", "connected", "parse_workers"]

_FORMS = "asyncio, ray, or ray:ADDRESS, such as ray:auto or ray:10.0.0.1:6379"
_TOKEN = (
    "If it wants a token, set RAY_AUTH_MODE=token, and copy ~/.ray/auth_token from its head or set "
    "RAY_AUTH_TOKEN."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Where work is done."""

    ray: bool = False
    """Whether it is a Ray cluster; otherwise this process."""
    address: str | None = None
    """The cluster's address; None for the one that Ray finds, or starts."""

    def __str__(self) -> str:
        if not self.ray:
            return "asyncio"
        return "ray" if self.address is None else f"ray:{self.address}"


def parse_workers(value: str | None) -> Workers:
    """Return what the argument `workers` names; None is `asyncio`.

    Raises:
        InputError: it has another form.
        MissingResource: it names Ray, which is not installed.
    """
    if value is None or value == "asyncio":
        return Workers()
    scheme, colon, address = value.partition(":") if isinstance(value, str) else ("", "", "")
    if scheme != "ray" or (colon and not address):
        shown = without_secrets(value) if isinstance(value, str) else value
        close = nearest(value, ("asyncio", "ray"))
        raise InputError(
            f"`workers` must be {_FORMS}, not {shown!r}.",
            f"Did you mean {close!r}?" if close else "Correct `workers`.",
        )
    if colon:
        check_address(address)
    if find_spec("ray") is None:
        raise MissingResource(
            "`workers` names Ray, but the package ray is not installed.",
            f"Install it on every node: {install_command('ray')}",
        )
    return Workers(ray=True, address=address or None)


WORKER_CPUS = 0.001
"""What an actor on a node takes of Ray's count; without any, Ray doesn't heed which node it is."""


class Cluster:
    """A Ray cluster that this process is connected to."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The ids of the nodes that work can be given to, in an order that does not change.

        Nodes that were started without CPUs, as heads often are, get no work.

        Raises:
            MissingResource: no node has CPUs.
        """
        import ray

        alive = [node for node in ray.nodes() if node["Alive"]]
        workers = [node for node in alive if node["Resources"].get("CPU", 0) > 0]
        if not workers:
            raise MissingResource(
                "No node of the cluster has CPUs for work.",
                "Add a node to it with `ray start`.",
            )
        return tuple(sorted(node["NodeID"] for node in workers))

    @property
    def own_node(self) -> str:
        """The id of this process's node."""
        import ray

        return str(ray.get_runtime_context().get_node_id())

    def on(self, node: str, *, only: bool = False) -> dict[str, Any]:
        """Return the options of an actor on a node; another takes over unless `only` this may.

        An actor that another node may take over needs `WORKER_CPUS`.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=not only)}


_lock = threading.Lock()
_users = 0
_opened: str | None = None
_until_closed = contextlib.ExitStack()


@contextlib.contextmanager
def connected(workers: Workers) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine, until the block ends.

    Threads share a connection; the last one closes it. A connection that the program had made
    itself is used, and stays open. Actors and objects end with the connection.

    Raises:
        InputError: this process is connected to another cluster, or RAY_ADDRESS is wrong.
        MissingResource: no cluster answers at the address, or it can't be used from here.
    """
    global _users, _opened
    check_reachable(workers.address)
    import ray

    with _lock:
        if _users == 0 and not ray.is_initialized():
            _connect(workers)
            _opened = str(workers)
            _until_closed.enter_context(_quiet_raylets())
        elif _opened not in (None, str(workers)) and workers.address is not None:
            raise InputError(
                f"`workers`: this process is connected to {_opened} already.",
                "Use that cluster, or a process for each cluster.",
            )
        _users += 1
    try:
        yield Cluster()
    finally:
        with _lock:
            _users -= 1
            if _users == 0 and _opened is not None:
                _opened = None
                ray.shutdown()
                _until_closed.close()


def _connect(workers: Workers) -> None:
    import ray

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Of a Ray that is started here.

    try:
        with _signals_kept(), _quiet_logger(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(
                address=workers.address,
                configure_logging=False,
                logging_level=logging.ERROR,
                log_to_driver=False,
                include_dashboard=False,
            )
    except Exception as error:  # noqa: BLE001 - Ray has no class for a start that takes too long
        ray.shutdown()
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise MissingResource(
            f"{workers}: the cluster can't be used ({reason}).", f"{ON_A_NODE} {_TOKEN}"
        ) from None


@contextlib.contextmanager
def _quiet_logger() -> Iterator[None]:
    """Leave out what Ray logs while it starts, such as that it wants a token, as is its default."""
    logger = logging.getLogger("ray")
    kept = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(kept)


@contextlib.contextmanager
def _quiet_raylets() -> Iterator[None]:
    """Keep what raylets report of lost nodes and ended actors, with log lines, off the output.

    Ray prints it even with `log_to_driver=False`, on standard output.
    """
    from ray._private import worker

    kept = worker.print_to_stdstream
    worker.print_to_stdstream = lambda *_, **__: None
    try:
        yield
    finally:
        worker.print_to_stdstream = kept


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Keep this program's handler of SIGTERM, which Ray replaces."""
    kept = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and kept is not None:
            signal.signal(signal.SIGTERM, kept)

"""Starts the actors of a build, and opens models on them."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locomo_vqa._version import __version__
from locomo_vqa.async_calls import run_async
from locomo_vqa.errors import BudgetReached, InputError, MissingResource
from locomo_vqa.models.key_homes import KEY_VARIABLE
from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.models.names import hide_credentials, parse_name
from locomo_vqa.notes import note
from locomo_vqa.workers import WORKER_CPUS, Cluster, Workers, connected

from ..spending.meter import BuildMeter
from .calls import result_of
from .ledger import LedgerNews, ReplyLedger
from .model import SpreadModel
from .worker import BuildWorker, Opening, WorkerSettings

if TYPE_CHECKING:
    from ..build_folder import BuildFolder

__all__ = ["BuildWorkers", "build_workers"]

_RESTARTS = 4
"""How often Ray starts an ended worker again, and gives it its unfinished batches."""
_AT_ONCE = 100_000
"""More calls than an actor ever has at once: what bounds them is the number of batches."""
_NEWS_S = 1.0
_CLOSE_S = 10.0
_VARIABLES = (KEY_VARIABLE, "OPENAI_BASE_URL")


class BuildWorkers:
    """One worker on each node of a cluster, and the ledger on the driver's node."""

    def __init__(self, workers: Sequence[Any], ledger: Any, meter: BuildMeter) -> None:
        self._workers = workers
        self._ledger = ledger
        self._meter = meter

    @asynccontextmanager
    async def open_model(self, spec: str, *, parameter: str) -> AsyncIterator[SpreadModel]:
        """Open a model on every node; `parameter` is what errors call its name.

        An endpoint of the loopback is a server on each node, so each is asked with known answers.

        Raises:
            InputError: it is another one on some node.
            MissingResource: it can't be opened on a node, or does not see there.
            BudgetReached: a call did not fit into the budget.
        """
        opening = Opening(role=parameter, spec=spec)
        opened = await _results(worker.open.remote(opening) for worker in self._workers)
        if any(other.identity != opened[0].identity for other in opened):
            raise InputError(
                f"`{parameter}`: {hide_credentials(spec)} is not the same model on every node.",
                "Give every node the same weights, and the same version of the toolkit.",
            )
        if len(self._workers) > 1 and _is_on_each_node(spec):
            await _results(worker.check.remote(opening) for worker in self._workers)
        await result_of(self._ledger.open.remote(opening, opened[0]))
        model = SpreadModel(self._workers, self._ledger, opening, opened[0])
        showing = asyncio.create_task(self._show_news())
        try:
            yield model
        except BudgetReached:
            await self._take_news()
            raise self._meter.reached() from None
        finally:
            showing.cancel()
            await self._close_model(model, parameter)

    async def start_stage(self, parameter: str, stage: str) -> None:
        """Count a model's next calls as those of a stage."""
        await result_of(self._ledger.start_stage.remote(parameter, stage))

    async def _show_news(self) -> None:
        while True:
            await asyncio.sleep(_NEWS_S)
            await self._take_news()

    async def _take_news(self) -> None:
        news: LedgerNews = await result_of(self._ledger.news.remote())
        self._meter.budget.adopt(news.budget)
        for text in news.notes:
            note(text)

    async def _close_model(self, model: SpreadModel, parameter: str) -> None:
        with suppress(Exception):
            async with asyncio.timeout(_CLOSE_S):
                await self._take_news()
                model.renewed = await result_of(self._ledger.close_model.remote(parameter))
                await _results(worker.close.remote(parameter) for worker in self._workers)


@contextmanager
def build_workers(
    workers: Workers, folder: BuildFolder, meter: BuildMeter, specs: Collection[str]
) -> Iterator[BuildWorkers]:
    """Start the actors of a build for the models with these names; end them with the block.

    Raises:
        InputError: a node has another version of the toolkit.
        MissingResource: the cluster can't be used.
    """
    import ray

    with connected(workers) as cluster:
        name = f"locomo-vqa-{secrets.token_hex(8)}"
        ledger = _start_ledger(name, cluster, folder, meter)
        started = [
            _start_worker(number, cluster, node, name) for number, node in enumerate(cluster.nodes)
        ]
        try:
            run_async(_begin(ledger, started, _settings(specs)))
            yield BuildWorkers(started, ledger, meter)
        finally:
            with suppress(Exception):
                ray.get(ledger.close.remote(), timeout=_CLOSE_S)
            for actor in (*started, ledger):
                ray.kill(actor)


def _start_ledger(name: str, cluster: Cluster, folder: BuildFolder, meter: BuildMeter) -> Any:
    import ray

    options = {"name": name, "num_cpus": 0, "max_concurrency": _AT_ONCE}
    here = cluster.on(cluster.own_node, only=True)
    actor = ray.remote(ReplyLedger).options(**options, **here)
    return actor.remote(folder.path.resolve(), meter.prices, meter.budget.limit)


def _start_worker(number: int, cluster: Cluster, node: str, ledger: str) -> Any:
    import ray

    options = {"num_cpus": WORKER_CPUS, "max_concurrency": _AT_ONCE}
    lasting = {"max_restarts": _RESTARTS, "max_task_retries": _RESTARTS}
    actor = ray.remote(BuildWorker).options(**options, **lasting, **cluster.on(node))
    return actor.remote(number, ledger)


async def _begin(ledger: Any, workers: Sequence[Any], settings: WorkerSettings) -> None:
    """Open the ledger's files, and check that every node has this version of the toolkit."""
    await result_of(ledger.start.remote(workers, settings))
    try:
        versions = await _results(worker.version.remote() for worker in workers)
    except MissingResource as error:
        raise MissingResource(
            error.message, f"Install locomo-vqa {__version__} with the extra ray on every node."
        ) from None
    for version in versions:
        if version != __version__:
            raise InputError(
                f"A node of the cluster has locomo-vqa {version}, this one {__version__}.",
                "Install the same version on every node.",
            )


async def _results(references: Iterable[Any]) -> list[Any]:
    return await asyncio.gather(*map(result_of, references))


def _is_on_each_node(spec: str) -> bool:
    """Return whether a name is another server on every node: an endpoint of the loopback."""
    name = parse_name(spec)
    return name.scheme == "openai" and is_loopback(str(urlsplit(name.target).hostname))


def _settings(specs: Collection[str]) -> WorkerSettings:
    """Return the settings of the workers, with the variables that these models' keys are in."""
    named = [parse_name(spec).options.get("key", "") for spec in specs]
    found = {name: os.environ[name] for name in (*_VARIABLES, *named) if os.environ.get(name)}
    return WorkerSettings(environment=found, folder=str(Path.cwd()))

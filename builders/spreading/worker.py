"""The actor that asks models about batches of images, one on each node."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.errors import MissingResource
from locomo_vqa.images import for_model
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelImage
from locomo_vqa.models.opening import open_model
from locomo_vqa.models.probes import probe
from locomo_vqa.notes import listening_to_notes

from ..questions.asking import AskAbout
from .calls import result_of

__all__ = ["BuildWorker", "OpenedModel", "Opening", "WorkerSettings"]

_KEPT_IMAGES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Which model a worker opens, and what for."""

    role: str
    """`generator` or another parameter of the recipe."""
    spec: str
    """The model's name, with credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedModel:
    """What a worker says about a model that it opened."""

    name: str
    in_flight: int
    identity: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What a worker takes over from the driver."""

    environment: Mapping[str, str]
    """Environment variables, such as a model's key."""
    folder: str
    """The driver's current folder, for models that are named by a relative path."""


class BuildWorker:
    """Opens models on its node, and asks them about batches of images.

    The driver gives it batches. For every request it turns to the ledger, which answers from the
    store, or has this worker send the request. If its node dies, Ray starts it again on another
    one, where its unfinished batches begin again; replies that the ledger has are not asked for.
    """

    def __init__(self, number: int, ledger: str) -> None:
        """`ledger` is the name of the ledger's actor, which a restarted worker finds again."""
        import ray

        self._number = number
        self._ledger = ray.get_actor(ledger)
        self._ready = False
        self._models: dict[str, tuple[Opening, ChatModel]] = {}
        self._images: dict[str, asyncio.Task[ModelImage]] = {}
        self._listening = listening_to_notes(lambda text: self._ledger.note.remote(text))
        self._listening.__enter__()

    async def version(self) -> str:
        """Return the version of the toolkit on this node."""
        return __version__

    async def open(self, opening: Opening) -> OpenedModel:
        """Open a model, and say what it is."""
        model = await self._model(opening)
        return OpenedModel(
            name=model.name, in_flight=model.in_flight, identity=dict(model.identity())
        )

    async def check(self, opening: Opening) -> None:
        """Ask the model with known answers.

        Raises:
            MissingResource: it does not answer, or does not see; the message names the node.
        """
        import ray

        try:
            await probe(await self._model(opening))
        except MissingResource as error:
            node = ray.util.get_node_ip_address()
            raise MissingResource(f"Node {node}: {error.message}", error.remedy) from None

    async def close(self, role: str) -> None:
        """Close a model, and forget the images."""
        self._images.clear()
        if role in self._models:
            await self._models.pop(role)[1].close()

    async def run(
        self, opening: Opening, opened: OpenedModel, ask: AskAbout[Any, Any], items: Sequence[Any]
    ) -> list[Any]:
        """Return the results of a batch."""
        model = _LedgerModel(self._ledger, self._number, opening.role, opened)
        work = partial(ask, model, _named_only)
        try:
            return [result async for _, result in gather_bounded(items, work, at_once=len(items))]
        finally:
            await model.finished()

    async def send(self, opening: Opening, request: ChatRequest) -> ChatReply:
        """Ask the model itself; images without bytes are fetched from the ledger."""
        images = [image if image.data else await self._image(image) for image in request.images]
        model = await self._model(opening)
        return await model.ask(replace(request, images=tuple(images)))

    async def _model(self, opening: Opening) -> ChatModel:
        if not self._ready:
            settings: WorkerSettings = await result_of(self._ledger.settings.remote())
            os.environ.update(settings.environment)
            if Path(settings.folder).is_dir():
                os.chdir(settings.folder)
            self._ready = True
        known = self._models.get(opening.role)
        if known is None or known[0] != opening:
            known = opening, open_model(opening.spec, parameter=opening.role)
            self._models[opening.role] = known
        return known[1]

    async def _image(self, image: ModelImage) -> ModelImage:
        """Return an image as shown to models; the latest ones are kept."""
        task = self._images.get(image.sha256)
        if task is None or (task.done() and task.exception() is not None):
            task = asyncio.create_task(self._fetch(image.sha256))
            self._images[image.sha256] = task
            while len(self._images) > _KEPT_IMAGES:
                del self._images[next(iter(self._images))]
        return await asyncio.shield(task)

    async def _fetch(self, sha256: str) -> ModelImage:
        data, media_type = for_model(await result_of(self._ledger.image.remote(sha256)))
        return ModelImage(sha256=sha256, media_type=media_type, data=data)


class _LedgerModel:
    """A model as a batch sees it: every request goes to the ledger."""

    def __init__(self, ledger: Any, number: int, role: str, opened: OpenedModel) -> None:
        self.name = opened.name
        self.in_flight = opened.in_flight
        self.renewed = 0
        """The ledger counts them."""
        self._identity = opened.identity
        self._ledger = ledger
        self._number = number
        self._role = role
        self._rejected: list[Any] = []

    def identity(self) -> Mapping[str, Any]:
        """Return the model's own identity."""
        return self._identity

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the reply, from the store or from the model."""
        reply = await result_of(self._ledger.ask.remote(self._role, request, self._number))
        assert isinstance(reply, ChatReply)
        return reply

    def reject(self, request: ChatRequest) -> None:
        """Have the reply asked for again by the next command."""
        self._rejected.append(self._ledger.reject.remote(self._role, request))

    async def finished(self) -> None:
        """Wait until what was rejected is stored."""
        for reference in self._rejected:
            await result_of(reference)
        self._rejected.clear()

    async def close(self) -> None:
        """Leave the model open for the next batch."""


def _named_only(sha256: str) -> ModelImage:
    """Return an image by name alone; `BuildWorker.send` adds its bytes."""
    return ModelImage(sha256=sha256, media_type="", data=b"")

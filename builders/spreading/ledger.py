"""The actor on the driver's node: the build's response store, its meter, and its images."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.budget import Budget
from locomo_vqa.errors import InputError
from locomo_vqa.image_decoding import ENDINGS, read_image_bytes
from locomo_vqa.locks import lock_file
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.notes import listening_to_notes
from locomo_vqa.prices import PriceTable
from locomo_vqa.responses import ResponseStore, StoredModel

from ..build_folder import BuildFolder
from ..spending.meter import BuildMeter, BuildModel
from .calls import result_of
from .worker import OpenedModel, Opening, WorkerSettings

__all__ = ["LedgerNews", "ReplyLedger"]

_EARLIER_S = 20.0
_worker: ContextVar[Any] = ContextVar("worker")
"""The worker whose request is being answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerNews:
    """What the driver shows of the ledger."""

    budget: Budget
    notes: Sequence[str]
    """The workers' notes since the last news."""


class ReplyLedger:
    """Answers the workers' requests as one process would: from the store, or by asking once.

    A request that the store can't answer is counted, and sent by the worker that it came from. All
    replies of a build pass through here, so they are stored, and paid for, in one place. The file
    of the store is opened on one machine only, because SQLite's locks and its write-ahead log are
    not safe on network file systems.
    """

    def __init__(self, folder: Path, prices: PriceTable, limit: float | None) -> None:
        """Open nothing yet; `limit` is the budget."""
        self._folder = BuildFolder(folder)
        self._meter = BuildMeter(self._folder.calls, prices, limit)
        self._models: dict[str, tuple[StoredModel, BuildModel]] = {}
        self._notes: list[str] = []
        self._listening = listening_to_notes(self._notes.append)
        self._listening.__enter__()

    async def start(self, workers: Sequence[Any], settings: WorkerSettings) -> None:
        """Open the store, read the list of calls, and learn of the workers.

        Raises:
            InputError: a file is damaged.
            OutputError: the store can't be written.
        """
        self._workers = workers
        self._settings = settings
        self._store = ResponseStore(self._folder.responses)
        await _wait_for(self._folder.calls)
        self._meter.count_earlier()

    async def settings(self) -> WorkerSettings:
        """Return what workers take over from the driver."""
        return self._settings

    async def open(self, opening: Opening, opened: OpenedModel) -> None:
        """Answer requests to a model, which are checks at first."""
        model = _WorkersModel(opening, opened)
        metered = self._meter.open(model, opening.spec, role=opening.role, stage="check")
        self._models[opening.role] = StoredModel(metered, self._store), metered

    async def start_stage(self, role: str, stage: str) -> None:
        """Count the next requests to a model as those of a stage."""
        self._models[role][1].stage = stage

    async def ask(self, role: str, request: ChatRequest, number: int) -> ChatReply:
        """Return the stored reply, or have the worker with this number ask."""
        _worker.set(self._workers[number])
        return await self._models[role][0].ask(request)

    async def reject(self, role: str, request: ChatRequest) -> None:
        """Make the next command ask a request again."""
        self._models[role][0].reject(request)

    async def image(self, sha256: str) -> bytes:
        """Return an image of the stage split, checked against its hash."""
        folder = self._folder.split / "images"
        for ending, _ in ENDINGS.values():
            path = folder / f"{sha256}.{ending}"
            if path.exists():
                data = read_image_bytes(path)
                if hashlib.sha256(data).hexdigest() == sha256:
                    return data
                break
        raise InputError(
            f"{folder}: the image {sha256[:16]}… is missing, or was changed.",
            "Run the stages images and split again.",
        )

    async def note(self, text: str) -> None:
        """Keep a worker's note for the driver."""
        self._notes.append(text)

    async def news(self) -> LedgerNews:
        """Return what the driver shows."""
        notes = list(self._notes)
        self._notes.clear()
        return LedgerNews(budget=self._meter.budget, notes=notes)

    async def close_model(self, role: str) -> int:
        """Forget a model; return how many of its requests were made again."""
        return self._models.pop(role)[0].renewed

    async def close(self) -> None:
        """Close the files."""
        self._meter.close()
        self._store.close()


async def _wait_for(calls: Path) -> None:
    """Wait a little for the ledger of a driver that was killed just now."""
    give_up = time.monotonic() + _EARLIER_S
    while calls.exists() and time.monotonic() < give_up:
        lock = lock_file(calls)
        if lock is not None:
            lock.close()
            return
        await asyncio.sleep(0.1)


class _WorkersModel:
    """The model behind the store: a request is sent by the worker that it came from."""

    def __init__(self, opening: Opening, opened: OpenedModel) -> None:
        self.name = opened.name
        self.in_flight = opened.in_flight
        self._opening = opening
        self._identity = opened.identity

    def identity(self) -> Mapping[str, Any]:
        """Return the model's own identity."""
        return self._identity

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Have the worker ask; if its node dies, Ray has its successor ask."""
        reply = await result_of(_worker.get().send.remote(self._opening, request))
        assert isinstance(reply, ChatReply)
        return reply

    async def close(self) -> None:
        """Leave the workers' models to the driver."""

"""The response store: a model's finished replies, so that none is paid for twice.

It is one SQLite file with one row per reply. The key is the SHA-256 of everything that can change
the reply. The parts of the key are stored too and compared on reading, as is a checksum of the
reply.

Every `put` is one transaction in a write-ahead log with `synchronous=NORMAL`: when it returns, the
operating system has the row, so that even `kill -9` can't lose it. A power cut can lose the last
rows, which are then asked again, but can't damage the file; `synchronous=FULL` would save those
too, for one disk flush per reply.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from locomo_vqa.closable import Closable
from locomo_vqa.errors import InputError
from locomo_vqa.files import canonical_json, clean_text, sha256_text
from locomo_vqa.models.chat import (
    ChatModel,
    ChatReply,
    ChatRequest,
    Finish,
    ModelError,
    request_key,
)
from locomo_vqa.models.thoughts import reply_of
from locomo_vqa.notes import note
from locomo_vqa.request_locks import RequestLocks
from locomo_vqa.runs import Usage
from locomo_vqa.sqlite_file import SqliteFile
from locomo_vqa.timestamps import utc_now

__all__ = ["ResponseStore", "StoredModel", "note_renewed", "reject_replies"]

_REJECTED = "rejected:"
"""Prefix of the `finish` of a reply that its caller could not use."""
_UNGUIDED = "unguided:"
"""Prefix of the `finish` of a reply to a request whose schema was left out."""
_WAIT_S = 0.1
"""How often a process looks whether another one has finished a request."""
_APPLICATION = 0x4C560001
_TABLE = """
CREATE TABLE replies (
    key TEXT PRIMARY KEY, parts TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL,
    usage TEXT NOT NULL, time TEXT NOT NULL, checksum TEXT NOT NULL
) WITHOUT ROWID
"""


class ResponseStore(Closable):
    """The replies in one file, for any number of models, threads and processes.

    Raises:
        InputError: the file is damaged, or is not a response store.
        OutputError: it can't be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.locks = RequestLocks(path)
        """Locks on requests that are being asked."""
        self._file = SqliteFile(
            path, what="response store", application=_APPLICATION, tables=_TABLE
        )

    def get(self, identity: Mapping[str, Any], request: ChatRequest) -> ChatReply | None:
        """Return the model's stored reply to a request, or None.

        Thoughts are split off on reading, so this includes replies stored by earlier versions. A
        reply that was rejected, or is nothing but thoughts, is not returned.

        Raises:
            InputError: the row was changed after it was stored.
        """
        return self.find(identity, request)[0]

    def find(
        self, identity: Mapping[str, Any], request: ChatRequest
    ) -> tuple[ChatReply | None, bool]:
        """Return the stored reply as `get` does, and whether there is one that was rejected.

        Raises:
            InputError: the row was changed after it was stored.
        """
        row = self._row(identity, request)
        if row is None or row[2].startswith(_REJECTED):
            return None, row is not None
        _, text, kept, usage, _ = row
        finish = cast(Finish, kept.removeprefix(_UNGUIDED))
        reply = reply_of(text, finish=finish, usage=Usage(**json.loads(usage)))
        if not isinstance(reply, ChatReply):
            return None, False
        return replace(reply, replayed=True, unguided=kept.startswith(_UNGUIDED)), False

    def put(self, identity: Mapping[str, Any], request: ChatRequest, reply: ChatReply) -> ChatReply:
        """Store a reply; once this returns, the reply survives the end of the process.

        Returns:
            The reply as `get` returns it: an earlier one, if there was one.

        Raises:
            OutputError: it can't be written, for example because the disk is full.
        """
        parts = _canonical_request(identity, request)
        key = sha256_text(parts)
        reply = replace(reply, text=clean_text(reply.text), thought=clean_text(reply.thought))
        usage = canonical_json(asdict(reply.usage))
        time = utc_now()
        finish = f"{_UNGUIDED if reply.unguided else ''}{reply.finish}"
        values = (parts, reply.whole, finish, usage, time)
        row = (key, *values, _checksum(key, *values))
        if self._write("IGNORE", row):
            return reply
        known = self.get(identity, request)
        if known is None:
            self._write("REPLACE", row)
        return known or reply

    def reject(self, identity: Mapping[str, Any], request: ChatRequest) -> None:
        """Mark a stored reply that could not be used, so that `get` no longer returns it.

        Raises:
            OutputError: it can't be written.
        """
        if (known := self._row(identity, request)) is None or known[2].startswith(_REJECTED):
            return
        key = request_key(identity, request)
        parts, text, finish, usage, time = known
        values = (parts, text, _REJECTED + finish, usage, time)
        self._write("REPLACE", (key, *values, _checksum(key, *values)))

    def _row(
        self, identity: Mapping[str, Any], request: ChatRequest
    ) -> tuple[str, str, str, str, str] | None:
        """Return the parts of a row: parts of the key, text, finish, usage and time."""
        parts = _canonical_request(identity, request)
        key = sha256_text(parts)
        query = "SELECT parts, text, finish, usage, time, checksum FROM replies WHERE key = ?"
        row = self._file.do(lambda connection: connection.execute(query, (key,)).fetchone())
        if row is None:
            return None
        *values, checksum = row
        if values[0] != parts or checksum != _checksum(key, *values):
            raise InputError(
                f"{self.path}: the reply {key[:16]}… was changed after it was stored.",
                "Restore the file, or delete it; missing replies are requested again.",
            )
        _, text, finish, usage, time = values
        return parts, text, finish, usage, time

    def _write(self, otherwise: str, row: tuple[str, ...]) -> bool:
        """Insert a row; `otherwise` says what happens to one with the same key."""
        insert = f"INSERT OR {otherwise} INTO replies VALUES (?, ?, ?, ?, ?, ?, ?)"
        return bool(self._file.do(lambda connection: connection.execute(insert, row).rowcount))

    def __len__(self) -> int:
        count = "SELECT count(*) FROM replies"
        return self._file.do(lambda connection: int(connection.execute(count).fetchone()[0]))

    def close(self) -> None:
        """Close the file."""
        self.locks.close()
        self._file.close()


@dataclass(slots=True)
class _Flight:
    """A request without a reply yet."""

    task: asyncio.Task[ChatReply]
    waiting: int = 0


class StoredModel:
    """A model that answers from a store, and stores every reply that it has to ask for.

    The same request, made again before its reply has arrived, is sent only once, even by another
    process with the same store (see `request_locks`). Failures, and replies that were refused or
    filtered, are never stored. Closing the model leaves the store open.
    """

    def __init__(self, model: ChatModel, store: ResponseStore) -> None:
        self.name = model.name
        self.in_flight = model.in_flight
        self.asked = 0
        """Requests that reached the model."""
        self.reused = 0
        """Requests that were answered from the store, or by the same request in flight."""
        self.renewed = 0
        """Requests that were asked again, because an earlier reply could not be used."""
        self.seen: Callable[[ChatRequest, ChatReply], None] | None = None
        """Called with each request and its reply, stored ones included."""
        self._model = model
        self._store = store
        self._identity = dict(model.identity())
        self._flights: dict[str, _Flight] = {}
        self._waited = False

    def identity(self) -> Mapping[str, Any]:
        """Return the model's own identity."""
        return self._identity

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the stored reply, or ask and store.

        Raises:
            ModelError: the model did not reply.
            InputError: the stored reply is damaged.
            OutputError: the new reply can't be stored.
        """
        known = self._store.get(self._identity, request)
        if known is not None:
            self.reused += 1
            return self._shown(request, known)
        key = request_key(self._identity, request)
        flight = self._flights.get(key)
        joined = flight is not None
        if flight is None:
            flight = _Flight(asyncio.create_task(self._fetch(key, request)))
            self._flights[key] = flight
        flight.waiting += 1
        try:
            reply = await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.task.done() or not flight.waiting:
                flight.task.cancel()
                if self._flights.get(key) is flight:
                    del self._flights[key]
        self.reused += joined
        return self._shown(request, replace(reply, replayed=True) if joined else reply)

    def _shown(self, request: ChatRequest, reply: ChatReply) -> ChatReply:
        if self.seen is not None:
            self.seen(request, reply)
        return reply

    def reject(self, request: ChatRequest) -> None:
        """Make the next command ask a request again, because its reply could not be used."""
        self._store.reject(self._identity, request)

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    async def _fetch(self, key: str, request: ChatRequest) -> ChatReply:
        """Ask, unless another process with the same store does; then wait for its reply."""
        while not self._store.locks.try_lock(key):
            if not self._waited:
                self._waited = True
                note(f"{self.name}: waiting for replies that another process is asking for")
            await asyncio.sleep(_WAIT_S)
        try:
            known, again = self._store.find(self._identity, request)
            if known is not None:
                self.reused += 1
                return known
            return await self._ask_and_store(request, again=again)
        finally:
            self._store.locks.unlock(key)

    async def _ask_and_store(self, request: ChatRequest, *, again: bool) -> ChatReply:
        self.asked += 1
        self.renewed += again
        try:
            reply = await self._model.ask(request)
        except ModelError as error:
            self.asked -= not error.sent
            self.renewed -= again and not error.sent
            raise
        if reply.finish == "refused":
            return reply
        return self._store.put(self._identity, request, reply)


@runtime_checkable
class _Stores(Protocol):
    """A model with a store: a `StoredModel`, or one whose store is in another process."""

    renewed: int

    def reject(self, request: ChatRequest) -> None: ...


def reject_replies(model: ChatModel, requests: Iterable[ChatRequest]) -> None:
    """Make the next command ask these requests again, if the model has a store."""
    if isinstance(model, _Stores):
        for request in requests:
            model.reject(request)


def note_renewed(model: ChatModel, parameter: str) -> None:
    """Report how many requests were made again, if the model has a store."""
    if isinstance(model, _Stores) and model.renewed:
        note(
            f"{parameter}: {model.renewed:,} requests were made again, as their last replies could "
            "not be used"
        )


def _canonical_request(identity: Mapping[str, Any], request: ChatRequest) -> str:
    return canonical_json({"model": dict(identity), "request": request.parts()})


def _checksum(key: str, *values: str) -> str:
    return sha256_text(canonical_json([key, *values]))

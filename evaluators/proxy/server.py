"""Runs the metering proxy as a local server."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

import uvicorn

from locomo_vqa.budget import Budget
from locomo_vqa.errors import InputError, LocomoVqaError, OutputError
from locomo_vqa.models.endpoint import address_of
from locomo_vqa.system import Endpoint

from .app import ProxyApp
from .exchange import ProxyContext
from .files import ProxyFiles
from .lost import count_by_stage
from .prices import PriceTable, bundled_prices
from .recorder import Recorder, RecordingMode
from .recordings import Recordings
from .routes import Routes
from .stages import CallStage
from .summary import CallSummary, summarise
from .upstream import Upstream

__all__ = ["MeteringProxy"]

LOOPBACK = "127.0.0.1"

_BACKLOG = 1024
_KEEP_ALIVE_S = 120
_LAST_CALLS_S = 5


class MeteringProxy:
    """Passes a run's calls on to one endpoint, and counts them all.

    From `__enter__` on, it listens on 127.0.0.1 in its own thread, at a port that the operating
    system chooses. Each conversation and stage has a path; all share a random key, so systems never
    see the endpoint's own key. Requests are forwarded byte for byte, and so are the status, headers
    and body of replies, except that completion requests get the fields in the model's name, in the
    form that the endpoint accepts (see `rewording`). The proxy does not retry failed requests.

    Raises:
        InputError: the endpoint's address is not valid, or the file of recordings is damaged.
        OutputError: another process is writing the ledger, a file can't be written, or no port is
            free.
    """

    def __init__(
        self,
        upstream: Endpoint,
        ledger: Path,
        *,
        mode: RecordingMode = "off",
        store: Path | None = None,
        run_store: Path | None = None,
        strict: bool = False,
        revision: str | None = None,
        prices: PriceTable | None = None,
        budget: Budget | None = None,
        repeat: int | None = None,
        memory: Path | None = None,
        files: ProxyFiles | None = None,
    ) -> None:
        """Prepare a proxy.

        Args:
            upstream: the endpoint, with its own key.
            ledger: the calls.jsonl to append to.
            mode: whether replies are recorded in `store`, or replayed from it.
            store: the file of recordings; needed unless `mode` is `off`.
            run_store: in mode `record`, another file that keeps this run's replies until it is
                finished: an interrupted run that continues takes them from there.
            strict: in mode `replay`, refuse requests without a recorded reply.
            revision: the model's revision, if given; it is part of the key of replies.
            prices: the table of prices; None for the bundled one.
            repeat: the number of the run among repeats, from 2; None for a single run or the first.
            memory: the file of replies to requests made while conversations were read, which
                repeats share; None if each repeat reads again.
            budget: counts what the calls cost; those that don't fit are refused with status 402.
            files: opens the files; None for those of this machine.
        """
        self.ledger = ledger
        self.mode = mode
        self._endpoint = upstream
        self._prices = prices
        self._budget = budget or Budget()
        self._store = store
        self._run_store = run_store
        self._strict = strict
        self._repeat = repeat
        self._memory = memory
        self._revision = revision
        self._files = files or ProxyFiles()
        self._token = secrets.token_urlsafe(32)
        self._routes = Routes()
        self._failing: set[str] = set()
        self._owner = os.getpid()
        self._recorder: Recorder | None = None
        if mode != "off" and store is None:
            raise InputError(f"The mode {mode} needs a file of recordings.", "Give `store`.")

    def __enter__(self) -> Self:
        self._upstream = _upstream(self._endpoint)
        self._listening = _listen()
        try:
            self._ledger = self._files.ledger(self.ledger)
            try:
                self._recorder = self._open_recorder()
            except BaseException:
                self._ledger.close()
                raise
        except BaseException:
            self._listening.close()
            raise
        context = ProxyContext(
            endpoint=self._endpoint,
            upstream=self._upstream,
            ledger=self._ledger,
            recorder=self._recorder,
            budget=self._budget,
            prices=self._prices or bundled_prices(),
            failing=self._failing,
        )
        self._app = ProxyApp(context, self._routes, token=self._token)
        self._server = uvicorn.Server(_config(self._app))
        self._thread = threading.Thread(target=self._run, name="metering proxy", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; calls in progress get a few seconds to finish, and are counted in any case."""
        if os.getpid() != self._owner:
            return  # A fork has a copy of everything except the thread.
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()
        if self._recorder is not None:
            self._recorder.close()
        self._ledger.close()

    @property
    def problem(self) -> LocomoVqaError | None:
        """Why calls are refused, after one could not be counted, recorded, or replayed."""
        return self._app.problem

    def endpoint(self, conversation: str, stage: CallStage = "llm") -> Endpoint:
        """Return the endpoint for a conversation's system; callable from any thread.

        A system may replace `stage` in the address with another stage.
        """
        segment = self._routes.register(conversation)
        port = self._listening.getsockname()[1]
        address = f"http://{LOOPBACK}:{port}/c/{segment}/{stage}/v1"
        body = self._endpoint.body
        if self._memory is not None:  # The proxy adds it, once questions are asked.
            body = {name: value for name, value in body.items() if name != "seed"}
        return replace(self._endpoint, base_url=address, api_key=self._token, body=body)

    def restart(self, conversation: str) -> None:
        """Restart a conversation, numbering its identical requests from 0 again."""
        self._ledger.restart(conversation)
        if self._recorder is not None:
            self._recorder.restart(conversation)

    def ask(self, conversation: str) -> None:
        """Note that a conversation has been read, and its questions follow."""
        if self._recorder is not None:
            self._recorder.ask(conversation)

    def fail(self, conversation: str) -> None:
        """Answer all further calls of a conversation with status 500, without the endpoint."""
        self._failing.add(conversation)

    def requests_of(self, conversation: str) -> Mapping[str, Mapping[str, int]]:
        """Return a conversation's `requests` and `lost` ones by stage, since it was restarted."""
        return count_by_stage(self._ledger.added(conversation))

    def summary(self) -> CallSummary:
        """Return the totals so far, including earlier parts of the run."""
        return summarise(self.ledger, prices=self._prices)

    def _open_recorder(self) -> Recorder | None:
        if self.mode == "off" or self._store is None:
            return None
        recordings = self._files.recordings(self._store)
        try:
            run = self._opened(self._run_store)
            memory = self._opened(self._memory)
        except BaseException:
            recordings.close()
            raise
        return Recorder(
            recordings,
            replays=self.mode == "replay",
            strict=self._strict,
            address=address_of(self._endpoint),
            revision=self._revision,
            run=run,
            repeat=self._repeat,
            memory=memory,
        )

    def _opened(self, path: Path | None) -> Recordings | None:
        return None if path is None else self._files.recordings(path)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        try:
            await self._server.serve(sockets=[self._listening])
        finally:
            await self._upstream.close()


def _upstream(endpoint: Endpoint) -> Upstream:
    try:
        return Upstream(endpoint)
    except (ValueError, OSError) as error:
        raise InputError(
            f"{address_of(endpoint)}: can't be asked ({error}).", "Check the address in `model`."
        ) from None


def _config(app: ProxyApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_LAST_CALLS_S,
    )


def _listen() -> socket.socket:
    # The protocol is named because otherwise asyncio delays small pieces.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.bind((LOOPBACK, 0))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise OutputError(
            f"No port is available on this machine ({error.strerror}).", "Try again later."
        ) from None
    return listening

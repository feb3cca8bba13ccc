"""Manages the metering proxy of a run, from the first conversation to the final totals."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locomo_vqa.budget import Budget
from locomo_vqa.closable import Closable
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.run_seal import sealed
from locomo_vqa.runs import Run
from locomo_vqa.system import Endpoint, Services

from .metering_settings import MeteringSettings
from .spending import count_earlier_calls

if TYPE_CHECKING:
    from locomo_vqa.prices import PriceTable

    from ..proxy import MeteringProxy
    from ..proxy.files import ProxyFiles
    from ..proxy.recorder import RecordingMode

__all__ = ["CALLS_FILE", "Meter", "is_on_this_machine", "read_price_table"]

CALLS_FILE = "calls.jsonl"
"""The name of the file in a run folder that lists all calls."""

REPLIES_FILE = "replies.sqlite"
"""The name of the file in a run folder that stores replies until the run is finished."""


class Meter(Closable):
    """Gives each conversation a metered endpoint instead of the run's own.

    Without an endpoint, or if nothing is to be metered, services are left unchanged. The proxy
    starts with the first conversation, when the run folder exists. Unless they are replayed from
    another file, replies are kept in the run folder until the run is finished: a run that was
    interrupted reads a conversation again without paying for it again.
    """

    def __init__(
        self,
        services: Services,
        out: Path,
        settings: MeteringSettings,
        *,
        files: ProxyFiles | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Prepare a meter for the run in `out`.

        `files` opens what the proxy writes; None for this machine's. `budget` counts what calls
        cost; None for a new one with the settings' limit.
        """
        self._services = services
        self._ledger = out.absolute() / CALLS_FILE
        self._replies = out.absolute() / REPLIES_FILE
        self._settings = settings
        self.prices = read_price_table(settings)
        """The table of prices."""
        self.budget = budget or Budget(settings.budget)
        """What the calls may cost, and have cost."""
        self._files = files
        self._starting = threading.Lock()
        self._stack = ExitStack()
        self._proxy: MeteringProxy | None = None

    @property
    def calls(self) -> Path:
        """The file that lists all calls."""
        return self._ledger

    @property
    def stores(self) -> tuple[Path, ...]:
        """The files of replies that the proxy opens."""
        settings = self._settings
        named = settings.record or settings.replay
        kept = None if settings.replay else self._replies
        return tuple(path.absolute() for path in (named, kept, settings.memory) if path)

    def count_earlier(self) -> None:
        """Count what earlier parts of the same run have spent.

        Raises:
            InputError: calls.jsonl is damaged, or a price is unknown and there is a budget.
        """
        if self._settings.meter:
            for ledger in (*self._settings.others, self._ledger):
                count_earlier_calls(self.budget, ledger, self.prices)

    def services_for(self, conversation: str) -> Services:
        """Return the services of a new conversation; callable from any thread.

        Raises:
            InputError: the file of recordings is damaged.
            OutputError: a file can't be written.
        """
        llm = self._services.llm
        if llm is None or not self._settings.meter:
            return self._services
        with self._starting:
            if self._proxy is None:
                self._proxy = self._stack.enter_context(self._make_proxy(llm))
        self._proxy.restart(conversation)
        return replace(self._services, llm=self._proxy.endpoint(conversation))

    def ask(self, conversation: str) -> None:
        """Note that a conversation has been read, and its questions follow."""
        if self._proxy is not None:
            self._proxy.ask(conversation)

    def requests_of(self, conversation: str) -> Mapping[str, Mapping[str, int]]:
        """Return a conversation's `requests` and `lost` ones by stage; none without a proxy."""
        return {} if self._proxy is None else self._proxy.requests_of(conversation)

    def check(self) -> None:
        """Check that every call so far was counted and recorded.

        Raises:
            OutputError, InputError: one was not.
        """
        if self._proxy is not None and self._proxy.problem is not None:
            raise self._proxy.problem

    def finish(self, run: Run) -> Run:
        """Write the totals of the calls, and lost requests, to run.json; return the updated run.

        Raises:
            InputError: calls.jsonl is damaged.
            OutputError: a call could not be counted.
        """
        self._stack.close()
        self.check()
        _remove_database(self._replies)
        found = {**self._totals(), **_calls_in_process(run.folder)}
        if not found:
            return run
        info: dict[str, Any] = sealed({**run.info, **found})
        write_json(run.folder / "run.json", info)
        return replace(run, info=info)

    def _totals(self) -> dict[str, Any]:
        """Return the entry `calls` of run.json, if the endpoint's calls were counted."""
        if not self._settings.meter or not self._ledger.is_file():
            return {}
        from ..proxy import summarise

        return {"calls": summarise(self._ledger, prices=self.prices).to_json()}

    def close(self) -> None:
        """Stop the proxy, if there is one."""
        self._stack.close()

    def _make_proxy(self, llm: Endpoint) -> MeteringProxy:
        from ..proxy import MeteringProxy

        _bypass_proxies_for_this_machine()
        settings = self._settings
        mode: RecordingMode = "record" if settings.record else "replay"
        return MeteringProxy(
            llm,
            self._ledger,
            mode=mode,
            store=settings.record or settings.replay or self._replies,
            run_store=self._replies if settings.record else None,
            strict=settings.strict,
            revision=_revision_of(self._services.model),
            prices=self.prices,
            budget=self.budget,
            repeat=None if settings.repeat == 1 else settings.repeat,
            memory=settings.memory,
            files=self._files,
        )


def is_on_this_machine(address: str) -> bool:
    """Return whether the server at an address runs on this machine, where it can be metered."""
    return is_loopback(urlsplit(address).hostname or "")


def _calls_in_process(folder: Path) -> dict[str, Any]:
    """Return the entry `model_calls` of run.json, if models in the run's processes were asked."""
    from ..proxy.lost import count_lost_in_process
    from ..proxy.model_calls import read_model_calls_of_each

    try:
        calls = list(read_model_calls_of_each(folder))
    except InputError:  # A system has a file of this name with something else.
        return {}
    return {"model_calls": {"lost": count_lost_in_process(calls).to_json()}} if calls else {}


def _remove_database(path: Path) -> None:
    for name in (f"{path.name}-wal", f"{path.name}-shm", path.name):
        with suppress(OSError):
            path.with_name(name).unlink(missing_ok=True)


def read_price_table(settings: MeteringSettings) -> PriceTable:
    """Return the table that the settings name, or the bundled one.

    Raises:
        InputError: the file can't be read, or does not match its schema.
    """
    from locomo_vqa.prices import bundled_prices, read_prices

    return bundled_prices() if settings.prices is None else read_prices(settings.prices)


def _revision_of(model: str | None) -> str | None:
    if model is None:
        return None
    from locomo_vqa.models.names import parse_name

    return parse_name(model).options.get("revision")


def _bypass_proxies_for_this_machine() -> None:
    """Make systems connect to the metering proxy directly, not through the network's proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])

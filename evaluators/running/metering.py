"""The metering proxy of a run: started when its first conversation begins, told at its end."""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.files import write_json
from locomo_vqa.runs import Run
from locomo_vqa.system import Endpoint, Services

from .metering_settings import MeteringSettings

if TYPE_CHECKING:
    from ..proxy import CallSummary, MeteringProxy, PriceTable
    from ..proxy.recorder import RecordingMode
    from ..proxy.summary import CallTotals

__all__ = ["CALLS_FILE", "Meter", "is_here", "print_calls"]

CALLS_FILE = "calls.jsonl"
"""The file of a run folder in which calls are counted."""


class Meter:
    """Lends each conversation a metered endpoint in place of the run's own.

    Where there is no endpoint, or nothing is to be metered, services stay as they are. The proxy
    starts with the first conversation, when the run folder is there.
    """

    def __init__(self, services: Services, out: Path, options: MeteringSettings) -> None:
        self._services = services
        self._ledger = out.absolute() / CALLS_FILE
        self._options = options
        self._prices = _prices(options)
        self._starting = threading.Lock()
        self._stack = ExitStack()
        self._proxy: MeteringProxy | None = None

    def services_for(self, conversation: str) -> Services:
        """Return what a conversation that begins is lent; callable from any thread.

        Raises:
            InputError: the file of recordings is damaged.
            OutputError: a file can't be written.
        """
        llm = self._services.llm
        if llm is None or not self._options.meter:
            return self._services
        with self._starting:
            if self._proxy is None:
                self._proxy = self._stack.enter_context(self._make(llm))
        self._proxy.restart(conversation)
        return replace(self._services, llm=self._proxy.endpoint(conversation))

    def finish(self, run: Run) -> tuple[Run, CallSummary | None]:
        """Put the sums into run.json; return the run with them, and None where nothing is counted.

        Raises:
            InputError: calls.jsonl is damaged.
            OutputError: a call could not be counted.
        """
        self._stack.close()
        if self._proxy is not None and self._proxy.problem is not None:
            raise self._proxy.problem
        if not self._options.meter or not self._ledger.is_file():
            return run, None
        from ..proxy import summarise

        summary = summarise(self._ledger, prices=self._prices)
        info: dict[str, Any] = {**run.info, "calls": summary.to_json()}
        write_json(run.folder / "run.json", info)
        return replace(run, info=info), summary

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _make(self, llm: Endpoint) -> MeteringProxy:
        from ..proxy import MeteringProxy

        _reach_this_machine_directly()
        options = self._options
        mode: RecordingMode = "replay" if options.replay else "record" if options.record else "off"
        return MeteringProxy(
            llm,
            self._ledger,
            mode=mode,
            store=options.replay or options.record,
            strict=options.strict,
            revision=_revision(self._services.model),
            prices=self._prices,
        )


def is_here(address: str) -> bool:
    """Return whether the server at an address runs on this machine, where it can be metered."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def print_calls(summary: CallSummary) -> None:
    """Print what the calls come to, by stage."""
    table = make_table(
        "Calls", "Number", "Failed", "Replayed", "Tokens in", "Tokens out", "p50", "p90", "p99", "$"
    )
    groups: Mapping[str, CallTotals] = summary.by_stage
    for name, tally in groups.items():
        table.add_row(name, *_cells(tally))
    if len(groups) > 1:
        table.add_row("all", *_cells(summary.overall))
    console().print(table)
    overall = summary.overall
    if overall.approximated:
        echo(f"Of {overall.approximated:,} calls the tokens are estimated (≈).")
    if summary.unpriced_models:
        echo(f"No price is known for: {', '.join(summary.unpriced_models)} ({summary.prices}).")


def _cells(tally: CallTotals) -> list[str]:
    about = "≈ " if tally.approximated else ""
    latency = tally.latency_ms
    times = (latency.p50, latency.p90, latency.p99) if latency else (None, None, None)
    return [
        f"{tally.calls:,}",
        f"{tally.failed:,}",
        f"{tally.replayed:,}",
        f"{about}{tally.input_tokens:,}",
        f"{about}{tally.output_tokens:,}",
        *("–" if value is None else f"{value:,.0f} ms" for value in times),
        "–" if tally.cost_usd is None else f"{tally.cost_usd:,.4f}",
    ]


def _prices(options: MeteringSettings) -> PriceTable | None:
    if options.prices is None:
        return None
    from ..proxy import read_prices

    return read_prices(options.prices)


def _revision(model: str | None) -> str | None:
    if model is None:
        return None
    from locomo_vqa.models.names import parse_name

    return parse_name(model).options.get("revision")


def _reach_this_machine_directly() -> None:
    """Keep systems from looking for the proxy by way of the network's own one."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])

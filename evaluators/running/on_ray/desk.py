"""The actor on the run's own node that keeps the list of calls, the replies, and the budget.

Files that one process writes at a time, and SQLite, don't work on a folder that several machines
share. So the proxies of all nodes write through this actor, which is on the machine of the run.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from locomo_vqa.budget import Budget, CallKind, Ticket
from locomo_vqa.errors import LocomoVqaError, OutputError

from ...proxy.calls import Call
from ...proxy.ledger import Ledger
from ...proxy.recordings import Recorded, RecordingKey, Recordings

__all__ = ["Desk"]

_LOCKED_S = 30.0
"""How long to wait for the desk of a run that was killed, which ends a little later."""


class Desk:
    """Does what nodes ask, one after the other, in the order in which each of them asks."""

    def __init__(self) -> None:
        self._files = ExitStack()
        self._work: tuple[Mapping[str, Any], bytes] = ({}, b"")
        self._ledger: Ledger | None = None
        self._stores: dict[Path, Recordings] = {}
        self._budget = Budget()
        self._tickets: dict[int, tuple[str, Ticket]] = {}
        self._last_ticket = 0
        self._begun: set[str] = set()
        self._empty = True
        self._problem: LocomoVqaError | None = None

    def open(
        self,
        work: bytes,
        toolkit: Mapping[str, Any],
        ledger: Path | None,
        stores: Sequence[Path],
        budget: Budget,
    ) -> None:
        """Open the files; `work` is what each node gets, and `toolkit` the code that it needs.

        Raises:
            InputError: a file is damaged.
            OutputError: a file can't be written, or another process is writing it.
        """
        self._work, self._budget = (toolkit, work), budget
        if ledger is not None:
            self._ledger = self._files.enter_context(closing(_unlocked(ledger)))
        for path in stores:
            self._stores[path] = self._files.enter_context(closing(Recordings(path)))
        self._empty = not any(len(store) for store in self._stores.values())

    def work(self) -> tuple[Mapping[str, Any], bytes]:
        """Return the toolkit's code that a node needs, and what it does, pickled."""
        return self._work

    def begin(self, conversation: str) -> bool:
        """Note that a conversation begins, and return whether replies to it may be recorded.

        If the node that ran it before is lost, its calls in flight count as far as is known.
        """
        lost = [number for number, (owner, _) in self._tickets.items() if owner == conversation]
        for number in lost:
            self._budget.settle(self._tickets.pop(number)[1], None)
        known = not self._empty or conversation in self._begun
        self._begun.add(conversation)
        return known

    def add(self, row: dict[str, Any]) -> None:
        """Add a call to the list."""
        if self._ledger is not None:
            self._do(lambda ledger=self._ledger: ledger.add(Call(**row)))

    def find(self, store: Path, asked: RecordingKey) -> Recorded | None:
        """Return a recorded reply.

        Raises:
            InputError: it was changed.
        """
        return self._stores[store].get(asked)

    def put(self, store: Path, asked: RecordingKey, reply: Recorded, replace: bool) -> None:
        """Record a reply."""
        self._do(lambda: self._stores[store].put(asked, reply, replace=replace))

    def admit(self, owner: str, kind: CallKind, least: float) -> int | None:
        """Return the number of the permission for a call; None if it does not fit any more.

        Raises:
            LocomoVqaError: something could not be written.
        """
        self.check()
        ticket = self._budget.admit(owner, kind, least)
        if ticket is None:
            return None
        self._last_ticket += 1
        self._tickets[self._last_ticket] = (owner, ticket)
        return self._last_ticket

    def admit_unpriced(self, owner: str, what: str) -> bool:
        """Return whether a call of unknown price may be made."""
        return self._budget.admit_unpriced(owner, what)

    def settle(self, number: int, cost: float | None) -> None:
        """Count what a call cost for which there was a permission."""
        known = self._tickets.pop(number, None)
        if known is not None:
            self._budget.settle(known[1], cost)

    def count(self, kind: CallKind, cost: float | None) -> None:
        """Count what a call cost, in a run without a limit."""
        self._budget.count_earlier(kind, cost)

    def budget(self) -> Budget:
        """Return what was spent."""
        return self._budget

    def check(self) -> None:
        """Return when everything that was asked before is done.

        Raises:
            LocomoVqaError: something could not be written.
        """
        if self._problem is not None:
            raise self._problem

    def close(self) -> None:
        """Close the files."""
        self._files.close()

    def _do(self, write: Any) -> None:
        """Write something for which no node waits; an error is raised when one does."""
        try:
            write()
        except LocomoVqaError as error:
            self._problem = self._problem or error


def _unlocked(path: Path) -> Ledger:
    end = time.monotonic() + _LOCKED_S
    while True:
        try:
            return Ledger(path)
        except OutputError as error:
            if "another process" not in error.message or time.monotonic() > end:
                raise
            time.sleep(0.2)

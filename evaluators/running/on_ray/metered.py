"""The list of calls, recorded replies and the budget, as the proxy of a node sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from locomo_vqa.budget import Budget, CallKind, Ticket
from locomo_vqa.errors import MissingResource

from ...proxy.calls import Call
from ...proxy.files import ProxyFiles
from ...proxy.ledger import Ledger
from ...proxy.recordings import Recorded, RecordingKey, Recordings

__all__ = ["DeskBudget", "DeskFiles", "answer_of", "of_desk"]


def answer_of(reference: Any) -> Any:
    """Wait for what an actor answers.

    Raises:
        the error that the actor raised.
    """
    import ray

    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None


def of_desk(reference: Any) -> Any:
    """Wait for what the desk answers.

    Raises:
        MissingResource: it is gone, and with it the run's own node.
        LocomoVqaError: something could not be written.
    """
    import ray

    try:
        return answer_of(reference)
    except ray.exceptions.RayError as error:
        reason = str(error).strip().partition("\n")[0]
        raise MissingResource(
            f"The process that writes the run's calls and replies is gone ({reason}).",
            "What was answered is kept: repeat the run.",
        ) from None


class DeskFiles(ProxyFiles):
    """The desk's files. What is written is on its way when a call returns; see `Desk.check`."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self._new: set[str] = set()

    def begin(self, conversation: str) -> None:
        """Note that a conversation begins."""
        if of_desk(self._desk.begin.remote(conversation)):
            self._new.discard(conversation)
        else:
            self._new.add(conversation)

    def ledger(self, path: Path) -> Ledger:
        """Return the desk's list of calls."""
        return _DeskLedger(self._desk)

    def recordings(self, path: Path) -> Recordings:
        """Return a file of replies that the desk has opened."""
        return _DeskRecordings(self._desk, path, self._new)


class _DeskLedger(Ledger):
    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self._added: dict[str, list[Call]] = {}

    def add(self, call: Call) -> None:
        """Send one line to the desk."""
        self._added.setdefault(call.conversation, []).append(call)
        self._desk.add.remote({name: getattr(call, name) for name in Call.__slots__})

    def close(self) -> None:
        """Do nothing: other nodes use it."""


class _DeskRecordings(Recordings):
    """Asks the desk only about conversations for which it may have something."""

    def __init__(self, desk: Any, path: Path, new: set[str]) -> None:
        self.path = path
        self._desk = desk
        self._new = new
        self._sent: set[RecordingKey] = set()

    def get(self, asked: RecordingKey) -> Recorded | None:
        """Return the recorded reply, or None."""
        if asked.conversation in self._new and asked not in self._sent:
            return None
        found: Recorded | None = of_desk(self._desk.find.remote(self.path, asked))
        return found

    def put(self, asked: RecordingKey, reply: Recorded, *, replace: bool) -> None:
        """Send a reply to the desk."""
        self._sent.add(asked)
        self._desk.put.remote(self.path, asked, reply, replace)

    def close(self) -> None:
        """Do nothing: other nodes use it."""


class _NumberedTicket(Ticket):
    def __init__(self, kind: CallKind, expected: float, number: int) -> None:
        super().__init__(kind, expected)
        self.number = number


class DeskBudget(Budget):
    """The desk's budget. It is asked about each call if there is a limit."""

    def __init__(self, desk: Any, limit: float | None) -> None:
        super().__init__(limit)
        self._desk = desk

    def admit(self, owner: str, kind: CallKind, least: float) -> Ticket | None:
        """Return the permission for a call; None if it does not fit any more."""
        if self.limit is None:
            return Ticket(kind, least)
        number = of_desk(self._desk.admit.remote(owner, kind, least))
        if number is None:
            self._refuse(owner)
            return None
        return _NumberedTicket(kind, least, number)

    def admit_unpriced(self, owner: str, what: str) -> bool:
        """Return whether a call of unknown price may be made: only if there is no limit."""
        if of_desk(self._desk.admit_unpriced.remote(owner, what)):
            return True
        self._refuse(owner)
        return False

    def settle(self, ticket: Ticket, cost: float | None) -> None:
        """Count what a call cost."""
        if isinstance(ticket, _NumberedTicket):
            self._desk.settle.remote(ticket.number, cost)
        else:
            self._desk.count.remote(ticket.kind, cost)

"""A limit on what calls to models may cost, kept while they are made.

A call is sent only if three amounts fit into the limit together: what was spent, what the calls in
flight are expected to cost, and what it is expected to cost itself. That is the most that a call of
its kind (stage and model) has cost so far, or the price of its own text if that is more; calls in
flight are expected to cost more as soon as one of their kind did. So the limit is exceeded at most
by what the calls in flight cost beyond that.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from locomo_vqa.arguments import check_number

__all__ = ["Budget", "CallKind", "Ticket", "check_budget", "dollars", "spent_text"]

CallKind: TypeAlias = tuple[str, str]
"""A stage, and the model that it asks."""


class Ticket:
    """The permission for one call."""

    def __init__(self, kind: CallKind, expected: float) -> None:
        self.kind = kind
        self.expected = expected
        """What it was expected to cost when it was made, in US dollars."""


class Budget:
    """What calls may cost in all, and have cost so far, in US dollars; safe for threads.

    Without a limit, it only counts.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._spent = 0.0
        self._flying: set[Ticket] = set()
        self._dearest: dict[CallKind, float] = {}
        self._refused: set[str] = set()
        self._watchers: dict[str, Callable[[], None]] = {}
        self._unpriced: str | None = None
        self._unknown = False

    @property
    def spent(self) -> float:
        """What finished calls have cost, those of earlier parts of the same run included."""
        return self._spent

    @property
    def known_spent(self) -> float | None:
        """The same; None if the price of a call is unknown, or nothing has a price."""
        return self._spent if self._dearest and not self._unknown else None

    @property
    def reached(self) -> bool:
        """Whether a call was refused, or nothing is left: then all further calls are refused."""
        used_up = self.limit is not None and self._spent >= self.limit
        return bool(self._refused) or self._unpriced is not None or used_up

    @property
    def unpriced(self) -> str | None:
        """What was to be asked although its price is unknown, if that ended the calls."""
        return self._unpriced

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs to know."""
        with self._lock:
            state = {**self.__dict__, "_flying": set(self._flying)}
        return {**state, "_lock": None, "_watchers": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def adopt(self, other: Budget) -> None:
        """Take over what calls have cost in another process, which counts for this one."""
        state = other.__getstate__()
        with self._lock:
            for name in ("_spent", "_flying", "_dearest", "_refused", "_unpriced", "_unknown"):
                setattr(self, name, state[name])

    def admit(self, owner: str, kind: CallKind, least: float) -> Ticket | None:
        """Return the permission for a call; None if it does not fit any more.

        Args:
            owner: what the call belongs to, such as a conversation.
            kind: what it is for, and whom it asks.
            least: what its own text costs; a reply comes on top.
        """
        with self._lock:
            ticket = Ticket(kind, max(least, self._dearest.get(kind, 0.0)))
            if not self.reached and (self.limit is None or self._fits(ticket, self.limit)):
                self._flying.add(ticket)
                return ticket
        self._refuse(owner)
        return None

    def end(self) -> None:
        """Refuse all further calls."""
        self._refuse("")

    def admit_unpriced(self, owner: str, what: str) -> bool:
        """Return whether a call of unknown price may be made: only if there is no limit.

        With one, this ends the calls.
        """
        self._unknown = True
        if self.limit is None:
            return True
        self._unpriced = self._unpriced or what
        self._refuse(owner)
        return False

    def settle(self, ticket: Ticket, cost: float | None) -> None:
        """Count what a call cost; None if it is unknown: then the expected amount is counted."""
        with self._lock:
            self._flying.discard(ticket)
            self._count(ticket.kind, ticket.expected if cost is None else cost)

    def count_earlier(self, kind: CallKind, cost: float | None) -> None:
        """Count a call of an earlier part of the run; one of unknown cost like the dearest."""
        with self._lock:
            self._count(kind, self._dearest.get(kind, 0.0) if cost is None else cost)

    def _fits(self, ticket: Ticket, limit: float) -> bool:
        return self._spent + sum(map(self._expected, self._flying)) + ticket.expected <= limit

    def _expected(self, ticket: Ticket) -> float:
        """Return what a call in flight is expected to cost by now."""
        return max(ticket.expected, self._dearest.get(ticket.kind, 0.0))

    def _count(self, kind: CallKind, cost: float) -> None:
        self._spent += cost
        self._dearest[kind] = max(cost, self._dearest.get(kind, 0.0))

    def was_refused(self, owner: str) -> bool:
        """Return whether a call of an owner was refused."""
        return owner in self._refused

    def watch(self, owner: str, callback: Callable[[], None]) -> None:
        """Call `callback`, in a thread of its own, when the first call of an owner is refused."""
        self._watchers[owner] = callback

    def _refuse(self, owner: str) -> None:
        with self._lock:
            first = owner not in self._refused
            self._refused.add(owner)
            callback = self._watchers.get(owner) if first else None
        if callback is not None:
            threading.Thread(target=_call_quietly, args=(callback,), daemon=True).start()


def _call_quietly(callback: Callable[[], None]) -> None:
    with suppress(Exception):
        callback()


def check_budget(value: float | None) -> None:
    """Check an amount of US dollars that a user gave.

    Raises:
        InputError: it is not a number above 0.
    """
    if value is not None:
        check_number("budget", value, low=0.0)


def dollars(amount: float) -> str:
    """Return an amount of US dollars in words: to the cent, or to two digits if it is small."""
    if not amount or amount >= 1:
        return f"${amount:,.2f}"
    return f"${amount:.{max(2, 1 - math.floor(math.log10(amount)))}f}"


def spent_text(budget: Budget | None) -> str:
    """Return what progress shows next to a step: what was spent, if that is known."""
    spent = None if budget is None else budget.known_spent
    if spent is None or budget is None:
        return ""
    return f" {dollars(spent)}" + (f" of {dollars(budget.limit)}" if budget.limit else "")

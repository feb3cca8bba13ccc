"""Tells equal requests of one conversation apart by numbering them."""

from __future__ import annotations

__all__ = ["OccurrenceCounter"]

_Request = tuple[str, str]


class OccurrenceCounter:
    """The numbers that replies of each conversation and request have taken.

    A request takes the lowest number that is free, and gives it back when the system gets no
    reply: so the next try of a request that failed, or that the system had given up, takes the
    number of the first one, as it would have had without the failure.
    """

    def __init__(self) -> None:
        self._taken: dict[_Request, set[int]] = {}

    def take(self, conversation: str, request: str) -> int:
        """Return the request's number, from 0."""
        taken = self._taken.setdefault((conversation, request), set())
        number = next(number for number in range(len(taken) + 1) if number not in taken)
        taken.add(number)
        return number

    def give_back(self, conversation: str, request: str, number: int) -> None:
        """Let another request have the number; one that was given back already changes nothing."""
        self._taken.get((conversation, request), set()).discard(number)

    def restart(self, conversation: str) -> None:
        """Number the requests of a conversation from 0 again."""
        self._taken = {key: taken for key, taken in self._taken.items() if key[0] != conversation}

"""Numbers equal requests in a conversation, so that each has its own recorded reply."""

from __future__ import annotations

__all__ = ["OccurrenceCounter"]

_Request = tuple[str, str]


class OccurrenceCounter:
    """The numbers in use for each conversation and request.

    A request takes the lowest free number, and releases it if the system gets no reply. A retry of
    a failed or cancelled request therefore has the number of the first attempt.
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
        """Release a number; does nothing if it is already free."""
        self._taken.get((conversation, request), set()).discard(number)

    def restart(self, conversation: str) -> None:
        """Number the requests of a conversation from 0 again."""
        self._taken = {key: taken for key, taken in self._taken.items() if key[0] != conversation}

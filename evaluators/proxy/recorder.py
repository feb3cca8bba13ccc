"""Records the replies of a run, or replays recorded ones."""

from __future__ import annotations

from typing import Literal, get_args

from .errors import ProxyError
from .occurrences import OccurrenceCounter
from .recordings import Recorded, RecordingKey, Recordings
from .request_body import RequestBody
from .routes import Route

__all__ = ["RECORDING_MODES", "Recorder", "RecordingMode"]

RecordingMode = Literal["off", "record", "replay"]
"""How replies are handled:

off      nothing is recorded
record   every request goes to the endpoint, and complete replies replace older ones; only what an
         interrupted attempt of the same run was answered is not asked again
replay   recorded replies are used; other requests go to the endpoint and are recorded
"""
RECORDING_MODES: tuple[RecordingMode, ...] = get_args(RecordingMode)

_RECORDED_METHODS = frozenset({"GET", "POST"})


class Recorder:
    """Records and replays replies for one proxy, with one endpoint and one event loop.

    The file is accessed from the event loop, which takes about 0.1 ms; switching threads under load
    takes several.
    """

    def __init__(
        self,
        recordings: Recordings,
        *,
        replays: bool,
        strict: bool,
        address: str,
        revision: str | None,
        run: Recordings | None = None,
        repeat: int | None = None,
        memory: Recordings | None = None,
    ) -> None:
        """Open nothing.

        `run` also keeps this run's replies, for when it is resumed. `repeat` is the number of the
        run among repeats, from 2. `memory` has the replies to requests made while conversations
        were read, which all repeats share.
        """
        self._recordings = recordings
        self._run = run
        self._replays = replays
        self._strict = strict
        self._address = address
        self._revision = revision
        self._repeat = repeat
        self._memory = memory
        self._asking: set[str] = set()
        self._numbers = OccurrenceCounter()

    def number(
        self, method: str, route: Route, query: bytes, body: RequestBody
    ) -> RecordingKey | None:
        """Return the key of a request's reply; None if such requests are not recorded."""
        if method not in _RECORDED_METHODS or body.sha256 is None:
            return None
        target = (route.tail + (b"?" + query if query else b"")).decode("latin-1")
        number = self._numbers.take(route.conversation, _request(method, target, body.sha256))
        return RecordingKey(
            address=self._address,
            revision=self._revision,
            method=method,
            target=target,
            body_sha256=body.sha256,
            conversation=route.conversation,
            number=number,
            repeat=None if self.is_reading(route.conversation) else self._repeat,
        )

    def give_back(self, asked: RecordingKey) -> None:
        """Release the number, because the system got no reply."""
        request = _request(asked.method, asked.target, asked.body_sha256)
        self._numbers.give_back(asked.conversation, request, asked.number)

    def restart(self, conversation: str) -> None:
        """Number the requests of a conversation from 0 again; it is read again."""
        self._asking.discard(conversation)
        self._numbers.restart(conversation)

    def ask(self, conversation: str) -> None:
        """Note that a conversation has been read, and its questions follow."""
        self._asking.add(conversation)

    def is_reading(self, conversation: str) -> bool:
        """Return whether a conversation is being read into a memory that repeats share."""
        return self._memory is not None and conversation not in self._asking

    def find(self, asked: RecordingKey) -> Recorded | None:
        """Return the reply to replay; None if the endpoint must be asked.

        Raises:
            ProxyError: no reply was recorded, and the endpoint may not be asked.
            InputError: the recorded reply is damaged.
        """
        if (known := self._read_before(asked)) is not None:
            return known
        if self._run is not None and (known := self._run.get(asked)) is not None:
            self._recordings.put(asked, known, replace=True)
            return known
        if not self._replays:
            return None
        recorded = self._recordings.get(asked)
        if recorded is None and self._strict:
            raise ProxyError(
                500,
                "not_recorded",
                f"No reply was recorded for {asked.method} /v1{asked.target[:100]} of "
                f"{asked.conversation}: request {asked.body_sha256[:16]}…, number {asked.number}.",
            )
        return recorded

    def _read_before(self, asked: RecordingKey) -> Recorded | None:
        """Return what another repeat was replied while it read the same conversation."""
        if self._memory is None or not self.is_reading(asked.conversation):
            return None
        return self._memory.get(asked)

    def keep(self, asked: RecordingKey, reply: Recorded, *, delivered: bool) -> None:
        """Record a complete reply; an undelivered one does not replace another.

        Raises:
            OutputError: the reply can't be written.
        """
        if self._memory is not None and self.is_reading(asked.conversation):
            self._memory.put(asked, reply, replace=False)
        if self._run is not None:  # First: what is there is recorded when the run goes on.
            self._run.put(asked, reply, replace=delivered)
        self._recordings.put(asked, reply, replace=delivered)

    def close(self) -> None:
        """Close the files."""
        self._recordings.close()
        if self._run is not None:
            self._run.close()
        if self._memory is not None:
            self._memory.close()


def _request(method: str, target: str, body_sha256: str) -> str:
    return f"{method} {target} {body_sha256}"

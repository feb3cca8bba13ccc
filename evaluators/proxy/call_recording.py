"""Replays or records the reply to one call, or neither."""

from __future__ import annotations

from .recorder import Recorder
from .recordings import Recorded, RecordingKey
from .reply import PartialReply
from .request_body import RequestBody
from .routes import Route

__all__ = ["CallRecording"]

_KEPT_HEADERS = frozenset({b"content-type", b"content-encoding", b"x-request-id"})


class CallRecording:
    """The recording of one call.

    The call's number among equal requests is released if the system gets no reply, so that the next
    request gets it.
    """

    def __init__(self, recorder: Recorder | None) -> None:
        """Prepare a call; `recorder` is None if nothing is recorded."""
        self._recorder = recorder
        self._key: RecordingKey | None = None
        self._given_back = False

    @property
    def wanted(self) -> bool:
        """Whether the reply should be recorded."""
        return self._key is not None

    def find(self, method: str, route: Route, query: bytes, body: RequestBody) -> Recorded | None:
        """Number a request, and return the reply to replay; None if the endpoint must be asked.

        Raises:
            ProxyError: no reply was recorded, and the endpoint may not be asked.
            InputError: the recorded reply is damaged.
        """
        if self._recorder is None:
            return None
        self._key = self._recorder.number(method, route, query, body)
        return self._recorder.find(self._key) if self._key else None

    def keep(self, reply: PartialReply | None, *, delivered: bool) -> bool:
        """Record a reply if it is complete and successful; return whether it was recorded.

        Raises:
            OutputError: the reply can't be written.
        """
        if reply is None or self._recorder is None or self._key is None or reply.body is None:
            return False
        if not reply.whole or not 200 <= reply.status < 300:
            return False
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in reply.headers
            if name in _KEPT_HEADERS
        }
        lengths = [length for length in reply.lengths if length]
        recorded = Recorded(status=reply.status, headers=headers, body=reply.body, lengths=lengths)
        self._recorder.keep(self._key, recorded, delivered=delivered)
        return True

    def give_back(self) -> None:
        """Release the number, once, because the system got no reply."""
        if self._key is not None and self._recorder is not None and not self._given_back:
            self._given_back = True
            self._recorder.give_back(self._key)

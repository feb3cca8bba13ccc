"""The proxy's addresses: `/c/<conversation>/<stage>/v1/…`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from locomo_vqa.files import sha256_text

from .errors import ProxyError
from .stages import CALL_STAGES, CallStage

__all__ = ["Route", "Routes"]

_PLAIN = re.compile(r"(?!h-)[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_SHAPE = "Addresses are /c/<conversation>/<stage>/v1/…, as in services.llm.base_url."
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The conversation and stage of a request, and its path at the endpoint."""

    conversation: str
    """The conversation's id."""
    stage: CallStage
    """The purpose of the call."""
    tail: bytes
    """The path after `/v1`: empty, or with a leading slash."""

    @property
    def path(self) -> str:
        """The path from `/v1` on, for display; without the query, which may contain secrets."""
        return "/v1" + self.tail.decode("ascii", "replace")[:_MAX_SHOWN]


class Routes:
    """The registered conversations and their addresses.

    A name is never used in a file path, and only registered conversations are found. A name that is
    not a plain word is replaced by a part of its SHA-256 in addresses.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def register(self, conversation: str) -> str:
        """Return the conversation's part of the address."""
        plain = _PLAIN.fullmatch(conversation)
        segment = conversation if plain else f"h-{sha256_text(conversation)[:32]}"
        self._names[segment] = conversation
        return segment

    def find(self, raw_path: bytes) -> Route:
        """Return the route of a path without its query.

        Raises:
            ProxyError: the conversation or stage is unknown, or the path leaves `/v1`.
        """
        start, *parts = raw_path.decode("ascii", "replace").split("/", 5)
        if start or len(parts) < 4 or parts[0] != "c" or parts[3] != "v1":
            raise ProxyError(404, "no_such_address", f"Not found. {_SHAPE}")
        conversation = self._names.get(parts[1])
        if conversation is None:
            raise ProxyError(
                404, "no_such_conversation", f"This conversation is not open. {_SHAPE}"
            )
        if parts[2] not in CALL_STAGES:
            known = ", ".join(CALL_STAGES)
            raise ProxyError(
                404, "no_such_stage", f"The address names an unknown stage; the stages are {known}."
            )
        tail = b"/" + raw_path.split(b"/", 5)[5] if len(parts) == 5 else b""
        if any(part in (b".", b"..") for part in re.split(rb"[/\\]", unquote_to_bytes(tail))):
            raise ProxyError(400, "bad_path", "A path must not have segments that are only dots.")
        return Route(conversation=conversation, stage=parts[2], tail=tail)

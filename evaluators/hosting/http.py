"""A system behind an HTTP address; docs/system-api.yaml describes the server's API."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from locomo_vqa.image_decoding import read_image_bytes
from locomo_vqa.models.endpoint import address_of
from locomo_vqa.models.key_homes import NO_KEY
from locomo_vqa.models.loopback import is_loopback
from locomo_vqa.system import (
    ConversationInfo,
    Endpoint,
    Hit,
    RecalledImage,
    Services,
    ShownImage,
    ShownTurn,
)
from locomo_vqa.worker import plain_answer

from .base import DEFAULT_LIMITS, Limits, PlainAnswer
from .http_client import BadReply, HttpClient, Refused, shown_address
from .isolation import Failure, call_contained
from .outcomes import hits_of

__all__ = ["HttpHost", "ImageTransfer", "endpoint_for"]

ImageTransfer = Literal["data", "path"]
"""How images are sent to a server: their bytes as a data URI, or the path of the file."""

_TIMEOUTS = (408, 504)
_LAST_S = 5.0
"""Seconds for closing a conversation after the server failed."""


class HttpHost:
    """One conversation on a server."""

    def __init__(
        self, address: str, *, limits: Limits = DEFAULT_LIMITS, images: ImageTransfer = "data"
    ):
        self._address = address
        self._limits = limits
        self._image_transfer: ImageTransfer = images
        self._client: HttpClient | None = None
        self._path: str | None = None
        self._failure: Failure | None = None

    def start(self) -> Failure | None:
        """Make the client; the server is already running."""
        self._client = HttpClient(self._address)
        return None

    def environment(self) -> Mapping[str, Any] | None:
        """Return None: a server's environment can't be seen."""
        return None

    def describe(self) -> Mapping[str, Any] | Failure:
        """Return the server's description of the system."""
        found = self._send("GET", "/system", None, self._limits.close_s)
        if isinstance(found, Failure | Mapping):
            return found
        return Failure(state="error", reason="the reply is not an object", unreachable=False)

    def open(
        self, conversation: ConversationInfo, workdir: Path, services: Services
    ) -> Failure | None:
        """Begin a conversation under a new, unique name."""
        name = f"{conversation.id}-{secrets.token_hex(8)}"
        self._path = f"/conversations/{quote(name, safe='')}"
        body = {
            "id": name,
            "speakers": list(conversation.speakers),
            "images": conversation.images,
            "visual": conversation.visual,
            "llm": endpoint_for(self._address, services.llm),
        }
        if services.context is not None and services.context.tokens is not None:
            body["context"] = asdict(services.context)
        return self._send_step("POST", "/conversations", body, self._limits.read_s)

    def add(self, turns: Sequence[ShownTurn]) -> Failure | None:
        """Send one session."""
        body = {"turns": [self._turn_to_json(turn) for turn in turns]}
        return self._send_step("POST", f"{self._path}/turns", body, self._limits.read_s)

    def flush(self) -> Failure | None:
        """Wait for background work."""
        return self._send_step("POST", f"{self._path}/flush", None, self._limits.read_s)

    def answer(self, question: str, *, now: datetime) -> PlainAnswer | Failure:
        """Ask a text question."""
        return self._ask("answer", {"question": question, "now": now.isoformat()})

    def answer_visual(
        self,
        question: str,
        *,
        image: ShownImage | None,
        now: datetime,
        recalled: RecalledImage | None = None,
    ) -> PlainAnswer | Failure:
        """Ask about an image."""
        shown = None if image is None else self._image_to_json(image)
        body = {
            "question": question,
            "image": shown,
            "now": now.isoformat(),
            "recalled": _hint_to_json(recalled),
        }
        return self._ask("answer_visual", body)

    def search(
        self, query: str, k: int, *, now: datetime, recalled: RecalledImage | None = None
    ) -> tuple[Hit, ...] | Failure:
        """Request the `k` best passages."""
        body = {"query": query, "k": k, "now": now.isoformat(), "recalled": _hint_to_json(recalled)}
        found = self._send("POST", f"{self._path}/search", body, self._limits.answer_s)
        return (
            found if isinstance(found, Failure) else call_contained(lambda: hits_of(found["hits"]))
        )

    def close(self) -> Failure | None:
        """Ask the server to forget the conversation."""
        if self._path is None:
            return None
        path, self._path = self._path, None
        self._failure = None
        return self._send_step("DELETE", path, None, min(_LAST_S, self._limits.close_s))

    def end(self) -> None:
        """Ask the server to forget the conversation, if it hasn't, and close the connections."""
        self.close()
        if self._client is not None:
            self._client.close()
            self._client = None

    def kill(self) -> None:
        """Cancel the request in progress; callable from any thread."""
        if self._client is not None:
            self._client.stop()

    def _turn_to_json(self, turn: ShownTurn) -> dict[str, Any]:
        return {
            "id": turn.id,
            "session": turn.session,
            "time": turn.time.isoformat(),
            "speaker": turn.speaker,
            "role": turn.role,
            "text": turn.text,
            "images": [self._image_to_json(image) for image in turn.images],
        }

    def _image_to_json(self, image: ShownImage) -> dict[str, Any]:
        shown = {"media_type": image.media_type, "caption": image.caption, "data": None}
        shown["path"] = None
        if image.path is not None and self._image_transfer == "path":
            shown["path"] = str(image.path.absolute())
        elif image.path is not None:
            coded = base64.b64encode(read_image_bytes(image.path)).decode("ascii")
            shown["data"] = f"data:{image.media_type};base64,{coded}"
        return shown

    def _ask(self, name: str, body: Any) -> PlainAnswer | Failure:
        reply = self._send("POST", f"{self._path}/{name}", body, self._limits.answer_s)
        return reply if isinstance(reply, Failure) else call_contained(lambda: plain_answer(reply))

    def _send_step(self, method: str, path: str, body: Any, seconds: float) -> Failure | None:
        reply = self._send(method, path, body, seconds)
        return reply if isinstance(reply, Failure) else None

    def _send(self, method: str, path: str, body: Any, seconds: float) -> Any:
        if self._failure is not None:
            return self._failure
        assert self._client is not None
        try:
            return self._client.send(method, path, body, seconds=seconds)
        except TimeoutError:
            reason = f"{method} {_step_of(path)}: no answer within {seconds:g} s"
            self._failure = Failure(state="timeout", reason=reason, unreachable=False, ended=True)
            return self._failure
        except ConnectionError as error:
            reason = f"{shown_address(self._address)}: {error}"
            return Failure(state="error", reason=reason, unreachable=True)
        except Refused as error:
            state: Literal["timeout", "error"] = "timeout" if error.status in _TIMEOUTS else "error"
            return Failure(state=state, reason=str(error), unreachable=False)
        except BadReply as error:
            return Failure(state="error", reason=str(error), unreachable=False)


def _hint_to_json(recalled: RecalledImage | None) -> dict[str, Any] | None:
    if recalled is None:
        return None
    return {
        "speaker": recalled.speaker,
        "date": recalled.date.isoformat(),
        "ordinal": recalled.ordinal,
        "count": recalled.count,
    }


def _step_of(path: str) -> str:
    """Return a path without the conversation's name, which is different in every run."""
    return f"/{path.rpartition('/')[2]}" if path.count("/") > 2 else "/conversations"


def endpoint_for(server: str, llm: Endpoint | None) -> dict[str, Any] | None:
    """Return the endpoint's description for a server; a remote server gets no key.

    `server` is the address of the system's server.
    """
    if llm is None:
        return None
    here = is_loopback(urlsplit(server).hostname or "")
    return {
        "base_url": llm.base_url if here else address_of(llm),
        "model": llm.model,
        "api_key": llm.api_key if here else NO_KEY,
        "timeout_s": llm.timeout_s,
    }

"""Requests to a system's server, with time and size limits, that another thread can cancel."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from locomo_vqa.files import clean_text
from locomo_vqa.http_bodies import ACCEPTED, BadBody, bounded_bodies
from locomo_vqa.json_gate import load_json
from locomo_vqa.key_variables import read_key
from locomo_vqa.models.loopback import is_loopback

if TYPE_CHECKING:
    import httpx

__all__ = ["KEY_VARIABLE", "BadReply", "HttpClient", "Refused", "shown_address"]

KEY_VARIABLE = "LOCOMO_VQA_SYSTEM_KEY"
"""The environment variable with the bearer token to send, if it is set."""

MAX_HTTP_REPLY_BYTES = 32 << 20
"""The maximum length of a reply."""

_MOST_CHARACTERS = 1000


class Refused(Exception):
    """The server answered with a status of 300 or more."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"HTTP {status}: {words}" if words else f"HTTP {status}")
        self.status = status


class BadReply(Exception):
    """The reply is too long, or is not JSON."""


class HttpClient:
    """A client of one server, for one thread; `stop` is callable from any thread."""

    def __init__(self, address: str) -> None:
        import httpx

        key = read_key(KEY_VARIABLE)
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            base_url=address.rstrip("/"),
            headers={
                "Accept-Encoding": ACCEPTED,
                **({"Authorization": f"Bearer {key}"} if key else {}),
            },
            event_hooks=bounded_bodies(MAX_HTTP_REPLY_BYTES),
            timeout=None,
            trust_env=not is_loopback(urlsplit(address).hostname or ""),
        )
        self._lock = threading.Lock()
        self._task: asyncio.Task[Any] | None = None
        self._stopped = False

    def send(self, method: str, path: str, body: Any = None, *, seconds: float) -> Any:
        """Return the parsed reply; None if it has no content.

        Raises:
            TimeoutError: the reply was not complete in time.
            ConnectionError: the server can't be reached, the connection broke, or the client was
                stopped.
            Refused: the status is 300 or more.
            BadReply: the reply is too long, or is not JSON.
        """
        try:
            return self._runner.run(self._send(method, path, body, seconds))
        except asyncio.CancelledError:
            raise ConnectionAbortedError("the run was ended") from None

    def stop(self) -> None:
        """Cancel the request in progress; later ones fail too, except for closing requests."""
        with self._lock:
            self._stopped = True
            if self._task is not None:
                with contextlib.suppress(RuntimeError):
                    self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    def close(self) -> None:
        """Close the connections."""
        self._runner.run(self._client.aclose())
        self._runner.close()

    async def _send(self, method: str, path: str, body: Any, seconds: float) -> Any:
        import httpx

        with self._lock:
            if self._stopped and method != "DELETE":
                raise ConnectionAbortedError("the run was ended")
            self._task = asyncio.current_task() if method != "DELETE" else None
        try:
            async with asyncio.timeout(seconds):
                async with self._client.stream(method, path, json=body) as response:
                    return await _read(response)
        except BadBody as error:
            raise BadReply(str(error)) from None
        except httpx.TimeoutException as error:
            raise TimeoutError(str(error)) from None
        except httpx.HTTPError as error:
            raise ConnectionError(f"{type(error).__name__}: {error}") from None
        finally:
            with self._lock:
                self._task = None


async def _read(response: httpx.Response) -> Any:
    content = await response.aread()
    if response.status_code >= 300:
        raise Refused(response.status_code, _error_message(content))
    if not content.strip():
        return None
    try:
        return load_json(content)
    except ValueError:
        raise BadReply("the reply is not JSON") from None


def _error_message(content: bytes) -> str:
    """Return the message in an error response: its field `error`, or the whole body."""
    text = content.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, TypeError, KeyError):
        text = str(load_json(text)["error"])
    return clean_text(text).strip()[:_MOST_CHARACTERS]


def shown_address(address: str) -> str:
    """Return an address without user name, password, and query."""
    url = urlsplit(address)
    host = f"[{url.hostname}]" if url.hostname and ":" in url.hostname else url.hostname
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{host}{port}{url.path.rstrip('/')}"

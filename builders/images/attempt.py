"""One attempt to download one image, and its outcome."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Literal

import httpcore
import httpx

from locomo_vqa.benchmark import ImageState
from locomo_vqa.http_bodies import Undecodable, decompress
from locomo_vqa.retry_after import retry_after_s

from .addresses import Addresses, Blocked, parse_url
from .inspecting import Inspectors
from .outcome import ImageOutcome, TooLarge
from .placeholders import tells_of_loss
from .store import ImageStore
from .transport import Network

__all__ = ["MAX_REDIRECTS", "DownloadAttempt", "Downloader"]

MAX_REDIRECTS = 5
"""A longer chain of redirects is treated as a loop."""

_REDIRECTS = {301, 302, 303, 307, 308}
_FORBIDDEN = {401, 403, 407, 451}
_LATER = {408, 425, 429}
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadAttempt:
    """The result of one attempt."""

    outcome: ImageOutcome
    """The image's outcome if no other attempt follows."""
    again: Literal["no", "later", "unreached"] = "no"
    """Whether another attempt may help, after a pause or once the network is known to work."""
    wait: float | None = None
    """How many seconds the host asked to wait."""


class Downloader:
    """Downloads images into a store; it has the rules for a single request."""

    def __init__(
        self,
        network: Network,
        store: ImageStore,
        inspectors: Inspectors,
        *,
        addresses: Addresses,
        max_bytes: int,
        seconds: float,
    ) -> None:
        """`seconds` is the time limit of one attempt, including redirects."""
        self._network = network
        self._addresses = addresses
        self._store = store
        self._inspectors = inspectors
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def attempt(self, url: str) -> DownloadAttempt:
        """Make one attempt to download an image.

        Raises:
            OutputError: the disk is full or can't be written.
        """
        try:
            return await self._follow(parse_url(url))
        except httpx.InvalidURL:
            return _final_attempt("unavailable", "the URL is malformed")
        except Blocked as blocked:
            return _final_attempt("blocked", blocked.detail)
        except TooLarge as large:
            return _final_attempt("too_large", large.detail)
        except TimeoutError:
            return _final_attempt("not_fetched", f"it took longer than {self._seconds:g} s")
        except Undecodable:
            return _final_attempt("not_an_image", "its compression is broken")
        except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError) as error:
            return _unreached_attempt(error)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            outcome = ImageOutcome(state="not_fetched", detail=_broken_off(error))
            return DownloadAttempt(outcome=outcome, again="later")

    async def _follow(self, url: httpx.URL) -> DownloadAttempt:
        asked, deadline = url, asyncio.get_running_loop().time() + self._seconds
        for _ in range(MAX_REDIRECTS + 1):
            self._addresses.check_url(url)
            async with asyncio.timeout_at(deadline):
                response = await self._network.get(url)
            try:
                target = response.headers.get("location")
                if response.status_code not in _REDIRECTS or not target:
                    attempt = await self._read(response, deadline)
                    return _unless_placeholder(attempt, asked, url)
            finally:
                await response.aclose()
            url = parse_url(target, base=url)
        return _final_attempt("unavailable", f"more than {MAX_REDIRECTS} redirects")

    async def _read(self, response: httpx.Response, deadline: float) -> DownloadAttempt:
        status = response.status_code
        if status != 200:
            return _failed_attempt(response)
        length = response.headers.get("content-length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > self._max_bytes:
            raise TooLarge(self._max_bytes)
        encoding = response.headers.get("content-encoding", "").strip().lower()
        pieces = decompress(_until_deadline(deadline, response.aiter_raw()), encoding)
        outcome = await self._store.receive(
            pieces, limit=self._max_bytes, inspectors=self._inspectors
        )
        return DownloadAttempt(outcome=_with_media_type(outcome, response))


def _unless_placeholder(
    attempt: DownloadAttempt, asked: httpx.URL, answered: httpx.URL
) -> DownloadAttempt:
    """Return an attempt, or a loss if redirects led it to a picture that is of a loss."""
    name = tells_of_loss(str(asked), str(answered)) if attempt.outcome.state == "ok" else None
    if name is None:
        return attempt
    return _final_attempt("placeholder", f"its host sends a picture called {name[:60]} instead")


async def _until_deadline(deadline: float, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces until a deadline, which covers the network but not the work on each piece."""
    while True:
        async with asyncio.timeout_at(deadline):
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
        yield piece


def _with_media_type(outcome: ImageOutcome, response: httpx.Response) -> ImageOutcome:
    """Add the server's media type to an outcome if it isn't an image's."""
    given = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(given) or given.startswith("image/"):
        return outcome
    called = f"sent as {given}"
    return replace(outcome, detail=f"{outcome.detail}; {called}" if outcome.detail else called)


def _failed_attempt(response: httpx.Response) -> DownloadAttempt:
    status = response.status_code
    detail = f"answered {_status_name(status)}"
    if status in _FORBIDDEN:
        return _final_attempt("blocked", detail)
    if status in _LATER or status >= 500:
        outcome = ImageOutcome(state="not_fetched", detail=detail)
        wait = retry_after_s(response.headers.get("retry-after", ""))
        return DownloadAttempt(outcome=outcome, again="later", wait=wait)
    return _final_attempt("unavailable", detail)


def _status_name(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _unreached_attempt(error: Exception) -> DownloadAttempt:
    return DownloadAttempt(
        outcome=ImageOutcome(state="unavailable", detail=_no_connection(error)), again="unreached"
    )


def _no_connection(error: BaseException) -> str:
    for cause in _causes_of(error):
        if isinstance(cause, socket.gaierror):
            return "the host name can't be resolved"
        if isinstance(cause, ssl.SSLError):
            return "its host offers no connection that can be trusted"
        if isinstance(cause, ConnectionRefusedError):
            return "its host refuses connections"
        if isinstance(cause, (TimeoutError, httpcore.ConnectTimeout)):
            return "its host does not answer"
        if isinstance(cause, OSError) and cause.errno in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
            return "its host is not reachable from this network"
    return "its host can't be reached"


def _causes_of(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or each in found:
            continue
        found.append(each)
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
    return found


def _broken_off(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "its host stopped answering"
    return "the connection broke off"


def _final_attempt(state: ImageState, detail: str) -> DownloadAttempt:
    return DownloadAttempt(outcome=ImageOutcome(state=state, detail=detail))

"""Handles one call: sends it to the endpoint or replays it, passes the reply on, and counts it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, field

import httpcore

from locomo_vqa.budget import Budget
from locomo_vqa.errors import LocomoVqaError
from locomo_vqa.models.retries import NO_KEY_HEADER
from locomo_vqa.system import Endpoint
from locomo_vqa.timestamps import utc_now

from .answered import answered_model
from .call_recording import CallRecording
from .calls import Call, CallOutcome
from .client import Client
from .counting import EMBEDDINGS, METERED, UNCOUNTED, count_tokens, text_bytes_sent
from .dropped_status import find_dropped_status
from .errors import ProxyError
from .events import ends_stream
from .ledger import Ledger
from .prices import PriceTable, bundled_prices
from .recorder import Recorder
from .recordings import Recorded
from .repeated_keys import KeyFreeReply
from .reply import KeptBytes, PartialReply, Redirected, check_head
from .request_body import COMPLETIONS, RequestBody
from .request_facts import request_facts
from .rewording import Rewording
from .routes import Route
from .spending import CallSpending
from .stages import CallStage
from .upstream import Header, Upstream
from .waits import BUSY, note_limit

__all__ = ["Exchange", "ProxyContext"]

_GRACE_S = 5.0
_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)
_NO_KEY = NO_KEY_HEADER.encode()
_REPLAYED: Header = (b"x-locomo-vqa-replayed", b"1")
_NOTHING_USED: frozenset[CallOutcome] = frozenset({"http_error", "unreachable", "refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyContext:
    """The objects that all calls of a proxy share."""

    endpoint: Endpoint
    """The endpoint, as the run names it."""
    upstream: Upstream
    """The connections to it."""
    ledger: Ledger
    """The file that lists all calls."""
    recorder: Recorder | None
    """Records and replays replies; None if both are off."""
    budget: Budget = field(default_factory=Budget)
    """What the calls may cost, and have cost."""
    prices: PriceTable = field(default_factory=bundled_prices)
    """What they cost."""
    failing: set[str] = field(default_factory=set)
    """The conversations whose calls are all to fail, to see what a system does then."""
    kept: KeptBytes = field(default_factory=KeptBytes)
    """The room for the replies that are kept."""


class Exchange:
    """A call in progress.

    A request that the endpoint refuses may be sent again in another form. A stream is passed
    on as it arrives. The last piece of any other reply is held back until the call is recorded and
    in the list of calls, so every reply that a system receives is counted.
    """

    def __init__(
        self, context: ProxyContext, client: Client, route: Route, body: RequestBody, begun: float
    ) -> None:
        self._context = context
        self._client = client
        self._route = route
        self._body = body
        self._begun = begun
        self._time = utc_now()
        self._recording = CallRecording(context.recorder)
        self._rewording = Rewording(context.endpoint, route.tail, body)
        self._spending = CallSpending(context.budget, context.prices)
        self._reply: PartialReply | None = None
        self._held: bytes | None = None
        self._first_byte_ms: float | None = None
        self._left_early = False
        self._noted = False
        self._deadline = asyncio.Timeout(None)

    async def run(self) -> None:
        """Answer the call.

        Raises:
            InputError: the recorded reply is damaged.
            OutputError: the call can't be recorded or counted.
        """
        client = self._client
        try:
            if self._route.conversation in self._context.failing:
                raise ProxyError(500, "injected_failure", "This failure is part of a check.")
            recorded = self._recording.find(client.method, self._route, client.query, self._body)
            if recorded is None:
                self._admit()
                await self._ask()
            else:
                await self._replay(recorded)
        except ProxyError as refusal:
            await self.refuse(refusal)
        except LocomoVqaError:
            with contextlib.suppress(LocomoVqaError):
                self._note("refused" if self._reply is None else "broken", status=500)
            raise
        except asyncio.CancelledError:
            self._note("client_gone" if client.gone else "broken")
            raise
        finally:
            self._spending.settle(None)
            if self._reply is not None:
                self._reply.drop()

    def _admit(self) -> None:
        """Let the call be made, unless it does not fit into the budget.

        A call that is refused for this reason is never made, and not in the list of calls.

        Raises:
            ProxyError: it does not fit, or its price is unknown.
        """
        path = self._route.tail.decode("latin-1")
        admitted = self._spending.admit(
            self._route.conversation,
            self._stage(path),
            self._client.method,
            path,
            self._body,
            self._context.upstream.provider,
        )
        if not admitted:
            self._noted = True
            raise ProxyError(402, "budget_reached", "The budget of the run is used up.")

    async def refuse(self, refusal: ProxyError) -> None:
        """Answer with the proxy's own reply, and count the call."""
        self._recording.give_back()
        self._note("refused", status=refusal.status)
        await self._client.refuse(refusal)

    async def _replay(self, recorded: Recorded) -> None:
        headers = [(name.encode(), value.encode()) for name, value in recorded.headers.items()]
        self._reply = reply = PartialReply(recorded.status, [*headers, _REPLAYED])
        reply.body, reply.size = bytearray(recorded.body), len(recorded.body)
        reply.whole = True
        if not reply.stream:
            reply.headers.append((b"content-length", b"%d" % reply.size))
        await self._client.start(reply.status, reply.headers)
        self._first_byte_ms = self._since() if reply.stream else None
        last = b""
        for number, piece in enumerate(recorded.pieces()):
            if number:
                await self._client.send(last, more=True)
            last = piece
        self._note("ok", replayed=True)
        await self._client.send(last, more=False)

    async def _ask(self) -> None:
        failed: tuple[CallOutcome, ProxyError] | None = None
        try:
            async with asyncio.timeout(self._context.upstream.timeout_s) as self._deadline:
                watcher = asyncio.create_task(self._client.watch(self._left))
                try:
                    await self._pass_on()
                finally:
                    watcher.cancel()
        except TimeoutError:
            limit = self._context.upstream.timeout_s
            late = f"The endpoint gave no complete reply within {limit:g} s."
            failed = "timeout", ProxyError(504, "upstream_timeout", late, again=True)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError) as error:
            reason = f"The endpoint can't be reached ({error or type(error).__name__})."
            failed = "unreachable", ProxyError(502, "upstream_unreachable", reason, again=True)
        except (*_BROKEN, OSError) as error:
            broke = f"The endpoint's reply was cut off ({error or type(error).__name__})."
            failed = "broken", ProxyError(502, "upstream_broken", broke, again=True)
        except Redirected as redirected:
            failed = "http_error", redirected.refusal
        await self._finish(failed)

    async def _pass_on(self) -> None:
        client = self._client
        response, headers, pieces = await self._send()
        try:
            headers += self._no_key(response.status)
            self._reply = reply = PartialReply(response.status, headers, self._context.kept)
            check_head(reply)
            if reply.stream and self._rewording.joins:
                self._reply, self._held = await self._rewording.joined(reply, pieces)
                self._reply.whole = True
                return
            if reply.stream:
                await client.start(reply.status, reply.headers)
            async for piece in pieces:
                reply.add(piece)
                if reply.stream:
                    self._first_byte_ms = self._first_byte_ms or self._since()
                    await client.send(piece, more=True)
                else:
                    await self._release()
                    self._held = piece
            reply.whole = True
        finally:
            await response.aclose()

    def _no_key(self, status: int) -> list[Header]:
        """Return the header that says how to send a key, where one is wanted and none was sent."""
        hint = self._context.upstream.no_key_hint
        return [(_NO_KEY, hint.encode("ascii", "replace"))] if hint and status in (401, 403) else []

    async def _send(self) -> tuple[httpcore.Response, list[Header], AsyncIterator[bytes]]:
        """Return the endpoint's reply, its headers, and its body, which is still to come.

        A refusal that says how to write the request instead is not passed on.
        """
        client, rewording = self._client, self._rewording
        while True:
            response = await self._context.upstream.send(
                client.method, self._route.tail, client.query, client.headers, rewording.content
            )
            try:
                key_free = KeyFreeReply(response)
                start: list[bytes] = []
                rest = key_free.pieces()
                if response.status == 200 and self._route.tail == COMPLETIONS:
                    status, more = await find_dropped_status(key_free.headers, rest, start)
                    response.status = status or response.status
                    key_free.headers += more
                again = await rewording.is_refused(response.status, rest, start)
            except BaseException:
                await response.aclose()
                raise
            if not again:
                if response.status < 300:
                    rewording.taken()
                return response, key_free.headers, _all_pieces(start, rest)
            await response.aclose()

    async def _release(self) -> None:
        """Send the piece that was held back, because another one has arrived."""
        if self._held is None or self._reply is None:
            return
        if self._client.status is None:
            await self._client.start(self._reply.status, self._reply.headers)
        await self._client.send(self._held, more=True)

    def _left(self) -> None:
        """Note that the system closed the connection.

        A reply that is recorded is still read to the end; any other is abandoned.
        """
        reply = self._reply
        ended = reply is not None and reply.stream and ends_stream(reply.tail)
        self._left_early = not ended
        if self._left_early:
            self._recording.give_back()
        if ended or not self._recording.wanted:
            now = asyncio.get_running_loop().time()
            with contextlib.suppress(RuntimeError):  # The timeout has already expired.
                self._deadline.reschedule(now + _GRACE_S if ended else now)

    async def _finish(self, failed: tuple[CallOutcome, ProxyError] | None) -> None:
        """Count the call, record the reply, and send the rest of it.

        The call is counted first: whenever the process dies, every recorded reply is in the list.
        """
        self._count(failed)
        if not self._recording.keep(self._reply, delivered=not self._left_early):
            self._recording.give_back()
        if not self._left_early:
            await self._deliver(failed)

    def _count(self, failed: tuple[CallOutcome, ProxyError] | None) -> None:
        reply = self._reply
        if self._left_early:
            self._note("client_gone")
        elif failed is not None:
            self._note(failed[0], status=self._client.status or failed[1].status)
        elif reply is not None:
            self._note("http_error" if reply.status >= 400 else "ok", status=reply.status)

    async def _deliver(self, failed: tuple[CallOutcome, ProxyError] | None) -> None:
        reply, client = self._reply, self._client
        if failed is not None:
            if client.status is None:
                await client.refuse(failed[1])
        elif reply is not None:
            if reply.status in BUSY:
                note_limit(reply)
            if client.status is None:
                await client.start(reply.status, reply.headers)
            await client.send(self._held or b"", more=False)

    def _note(
        self, outcome: CallOutcome, *, status: int | None = None, replayed: bool = False
    ) -> None:
        """Add the call to the list of calls, once."""
        if self._noted:
            return
        self._noted = True
        reply, client = self._reply, self._client
        path = self._route.tail.decode("latin-1")
        stream = reply is not None and reply.stream
        tokens, facts, answered = UNCOUNTED, request_facts(self._body.document), None
        document = self._body.document
        read = path in METERED and isinstance(document, dict)
        text_bytes = text_bytes_sent(document) if read else None
        if outcome not in _NOTHING_USED and path in METERED:
            body = reply.readable if reply is not None else None
            answered = answered_model(body)
            tokens = count_tokens(path, self._body.document, body, stream=stream)
        call = Call(
            time=self._time,
            conversation=self._route.conversation,
            stage=self._stage(path),
            method=client.method,
            path=self._route.path,
            provider=self._context.upstream.provider,
            model=self._body.model,
            status=status or client.status,
            outcome=outcome,
            stream=stream,
            replayed=replayed,
            counted=tokens.counted,
            input_tokens=tokens.input,
            cached_tokens=tokens.cached,
            output_tokens=tokens.output,
            latency_ms=self._since(),
            first_byte_ms=self._first_byte_ms,
            request_bytes=len(self._body.content),
            reply_bytes=reply.size if reply is not None else 0,
            **asdict(facts),
            text_bytes=text_bytes,
            answered=answered,
            request_sha256=self._body.sha256,
        )
        self._spending.settle(call)
        self._context.ledger.add(call)

    def _stage(self, path: str) -> CallStage:
        """Return the stage in the address; embeddings are recognised by their path."""
        stage = self._route.stage
        return "embedding" if stage == "llm" and path == EMBEDDINGS else stage

    def _since(self) -> float:
        return round((time.perf_counter() - self._begun) * 1000, 3)


async def _all_pieces(start: Iterable[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for piece in start:
        yield piece
    async for piece in rest:
        yield piece

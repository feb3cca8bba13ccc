"""Forwards connections from a system's sandbox to the one address that it may reach.

The listening socket is created within the sandbox, which has its own network, and sent to this
process, so the server can't be seen or ended from within.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import os
import socket
import threading

__all__ = ["Gateway"]

_CHUNK_BYTES = 1 << 16
_JOIN_S = 5.0


class Gateway(threading.Thread):
    """Waits for a sandbox's listening socket and serves it until it is stopped."""

    def __init__(self, to: tuple[str, int]) -> None:
        super().__init__(daemon=True, name="gateway of a sandbox")
        self.to = to
        """The host and port that connections are forwarded to."""
        self._here, self.inside = socket.socketpair()
        """`inside` is the end that the sandbox's first program inherits."""
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()

    def run(self) -> None:
        self.inside.close()  # So that reading ends when the sandbox does.
        try:
            listening = _receive_socket(self._here)
            if listening is not None:
                with listening:
                    self._loop.run_until_complete(self._serve(listening))
        finally:
            self._loop.close()

    def stop(self) -> None:
        """Close everything; call it once, after the sandbox's processes are gone."""
        self.inside.close()
        with contextlib.suppress(OSError):
            self._here.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(RuntimeError):  # The loop is closed: nothing was served.
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self.is_alive():
            self.join(_JOIN_S)
        elif not self._loop.is_running():
            self._loop.close()
        self._here.close()

    async def _serve(self, listening: socket.socket) -> None:
        server = await asyncio.start_server(self._accept, sock=listening)
        await self._stopping.wait()
        server.close()
        await asyncio.sleep(0)  # What was accepted by now becomes a connection.
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0)  # The sockets are closed one step after their connections end.

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = self._loop.create_task(self._connect(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.ExitStack() as opened:
            opened.callback(writer.transport.abort)
            try:
                answers, requests = await asyncio.open_connection(*self.to)
            except OSError:
                return
            opened.callback(requests.transport.abort)
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(_pass_on(reader, requests))
                    ways.create_task(_pass_on(answers, writer))
            except* OSError:  # One side broke its connection, so the other's is broken too.
                requests.transport.abort()
                writer.transport.abort()
            requests.close()
            writer.close()
            closed = (requests.wait_closed(), writer.wait_closed())
            await asyncio.gather(*closed, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy data until one side ends, then end the other.

    Raises:
        OSError: a connection was lost.
    """
    while part := await reader.read(_CHUNK_BYTES):
        writer.write(part)
        await writer.drain()
    if writer.can_write_eof() and not writer.transport.is_closing():
        writer.write_eof()


def _receive_socket(here: socket.socket) -> socket.socket | None:
    """Return the socket that is sent; None if the sandbox ended first."""
    try:
        _, sent, _, _ = here.recvmsg(1, socket.CMSG_SPACE(array.array("i").itemsize))
    except OSError:
        return None
    for level, kind, data in sent:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            (descriptor,) = array.array("i", data)
            try:
                return socket.socket(fileno=descriptor)
            except OSError:
                os.close(descriptor)
    return None

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
        server = await asyncio.start_server(self._connect, sock=listening)
        await self._stopping.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, requests = await asyncio.open_connection(*self.to)
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(_pass_on(reader, requests), _pass_on(answers, writer))
        except OSError:
            requests.transport.abort()
            writer.transport.abort()
        finally:
            requests.close()
            writer.close()


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

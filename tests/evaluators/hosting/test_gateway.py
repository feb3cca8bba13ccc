"""The gateway of a sandbox passes bytes on unchanged, and ends with what it leads to."""

from __future__ import annotations

import array
import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from locomo_vqa.evaluators.hosting.sandbox import Gateway
from tests.serving import serve_connections

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends descriptors")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send everything back once the other side has ended."""
    writer.write(await reader.read())
    await writer.drain()
    writer.close()


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection off."""
    await reader.read(1)
    writer.transport.abort()


def lend(gateway: Gateway) -> int:
    """Listen as the sandbox's first program does, and return the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sent = array.array("i", [listening.fileno()])
        gateway.inside.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
        port: int = listening.getsockname()[1]
    return port


def exchange(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


@pytest.fixture
def open_files() -> Iterator[None]:
    """Check that no descriptor is left open."""
    before = len(list(Path("/dev/fd").iterdir()))
    yield
    assert len(list(Path("/dev/fd").iterdir())) <= before


def test_large_bodies_pass_both_ways_at_once(open_files: None) -> None:
    data = os.urandom(3_000_000)
    with serve_connections(echo) as port:
        gateway = Gateway(("127.0.0.1", port))
        own = lend(gateway)
        gateway.start()
        for _ in range(3):
            assert exchange(own, data) == data
        gateway.stop()
        assert not gateway.is_alive()
        with pytest.raises(OSError):
            exchange(own, b"x")


def test_a_broken_connection_is_broken_on_the_other_side_too() -> None:
    with serve_connections(cut) as port:
        gateway = Gateway(("127.0.0.1", port))
        own = lend(gateway)
        gateway.start()
        with contextlib.suppress(ConnectionError):
            assert exchange(own, b"x" * 100_000) == b""
        gateway.stop()
        assert not gateway.is_alive()


def test_stopping_beside_another_busy_loop_leaves_no_connection(open_files: None) -> None:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # Threads change places as often as they can.
    try:
        for _ in range(200):
            test_a_broken_connection_is_broken_on_the_other_side_too()
    finally:
        sys.setswitchinterval(usual)
    gc.collect()  # What was left open is warned of here, which is an error.


@pytest.mark.parametrize("started", [True, False])
def test_a_sandbox_that_ends_before_it_listens_leaves_nothing(
    started: bool, open_files: None
) -> None:
    gateway = Gateway(("127.0.0.1", 9))
    if started:
        gateway.start()
    gateway.stop()
    gateway.stop()
    assert not gateway.is_alive()

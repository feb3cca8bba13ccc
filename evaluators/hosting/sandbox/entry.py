"""The first program within a sandbox, for Python 3.8 or later; it becomes the system's process.

Its arguments are a descriptor, a host and a port (or `-` for each), followed by the command. It
listens on that address, which nothing else uses in the sandbox's own network, and sends the
listening socket through the descriptor to the harness, which forwards connections to the proxy.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import sys
from pathlib import Path

__all__ = ["main"]


def main(descriptor: str, host: str, port: str, *command: str) -> None:
    """Listen, pass the socket on, and become the command."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    if descriptor != "-":
        _lend_address(int(descriptor), host, int(port))
    os.execv(command[0], command)


def _lend_address(descriptor: int, host: str, port: int) -> None:
    listening = socket.create_server((host, port), backlog=1024)
    with listening, socket.socket(fileno=descriptor) as outside:
        sent = array.array("i", [listening.fileno()])
        outside.sendmsg([b"."], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])


if __name__ == "__main__":
    main(*sys.argv[1:])

"""`transformers serve`, a real server, over a model that a test made."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_START_S = 300


@contextmanager
def transformers_server(model: Path, work: Path) -> Iterator[str]:
    """Yield the base URL of a server of that folder; `work` is for its log and its cache."""
    for package in ("torch", "transformers", "fastapi", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"no {package}: pip install 'transformers[serving]' torch")
    hub = work / "hub"
    hub.mkdir()
    command = Path(sys.executable).with_name("transformers")
    quiet = {"HF_HUB_CACHE": str(hub), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with socket.socket() as kept, (work / "serve.log").open("wb") as log:
        # It does not listen, so the server can, but no other process gets this port meanwhile.
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port = kept.getsockname()[1]
        process = subprocess.Popen(
            [command, "serve", str(model), "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, **quiet},
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, f"{url}/health", work / "serve.log")
            yield f"{url}/v1"
        finally:
            process.terminate()
            process.wait(100)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(log.read_text())

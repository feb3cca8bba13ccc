"""lmdeploy's `api_server` and `proxy` as processes, over the embedded model on the CPU."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa import models

from .package import HERE, Lmdeploy

KEY = "a-key-of-lmdeploy-for-tests"
KEY_VARIABLE = "LMDEPLOY_TEST_KEY"
FOLDER = Path(models.__file__).parent / "embedded" / "large"
_START_S = 240


@dataclass(frozen=True)
class Running:
    """What was started."""

    server: str
    """The address of `api_server`, which serves the model `embedded` and asks for a key."""
    proxy: str
    """The address of `proxy`, where that server has registered itself."""
    in_process: dict[str, Any]
    """What `in_process.py` printed."""

    def spec(self, address: str, model: str = "embedded", options: str = "") -> str:
        """Return the name of a model at one of the addresses."""
        return f"openai:{address}/v1?model={model}&key={KEY_VARIABLE}{options}"

    def register(self, url: str, model: str) -> None:
        """Tell the proxy about a server."""
        post(f"{self.proxy}/nodes/add", {"url": url, "status": {"models": [model]}})

    def remove(self, url: str) -> None:
        """Have the proxy forget a server, as it does if that fails its regular check."""
        post(f"{self.proxy}/nodes/remove", {"url": url})


@contextmanager
def run_lmdeploy(lmdeploy: Lmdeploy, commands: list[list[str]], work: Path) -> Iterator[Running]:
    """Start everything at once, and yield when all of it is there."""
    server, proxy = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    asked = [json.dumps(commands)]
    started: list[subprocess.Popen[str]] = []
    output = work / "in_process.out"
    try:
        started += [
            lmdeploy.start_proxy(port_of(proxy), log=work / "proxy.log"),
            lmdeploy.start_server(FOLDER, port_of(server), proxy, KEY, log=work / "server.log"),
            lmdeploy.start_script(HERE / "in_process.py", [str(FOLDER), *asked], output),
        ]
        assert started[-1].wait(_START_S) == 0, logs(work)
        for process, url in zip(started, (proxy, server), strict=False):
            wait_for(f"{url}/health" if url == server else f"{url}/nodes/status", process, work)
        *_, last = output.read_text().splitlines()
        yield Running(server, proxy, json.loads(last))
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def free_ports(number: int) -> list[int]:
    """Return ports that nothing listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def port_of(url: str) -> str:
    """Return the port of an address."""
    return url.rpartition(":")[2]


def wait_for(url: str, process: subprocess.Popen[str], work: Path) -> None:
    """Wait until something answers there."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        assert process.poll() is None, logs(work)
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(logs(work))


def post(url: str, body: Any, key: str = "") -> Any:
    """Send JSON and return the JSON of the reply."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.loads(reply.read())


def logs(work: Path) -> str:
    """Return the ends of all logs."""
    return "\n".join(f"{path.name}: {path.read_text()[-3000:]}" for path in work.glob("*.log"))

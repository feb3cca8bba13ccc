"""A real Ray cluster on this machine: raylets with addresses and folders of their own.

Each node is what `ray start --block` starts, at an address of the loopback network and with its own
temporary folder, and can be killed as a machine that loses power. Tokens are on. Everything is
ended by its process id when the block ends, and by the kernel if the tests are killed.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

__all__ = ["RayCluster", "RayNode", "ray_cluster"]

_START_S = 250.0
_STORE_BYTES = 80_000_000
_TOKEN = secrets.token_hex(32)
_SYSTEM = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 300,
    "health_check_timeout_ms": 20_000,
    "health_check_failure_threshold": 3,
}
"""A dead node is noticed within a second; one that is only slow gets 20."""


class RayNode:
    """A node of the cluster: `ray start --block`, and the processes that it started."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, host: str) -> None:
        self.process = process
        self.log = log
        self.host = host
        """Its address in the loopback network."""

    def pids(self) -> list[int]:
        """Return the ids of its processes; the raylet's workers are among them."""
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.process.pid)
            return [first.pid, *(child.pid for child in first.children(recursive=True))]
        return []

    def kill(self) -> None:
        """Kill all its processes with SIGKILL, and return when they are gone."""
        killed = []
        for pid in self.pids():
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                process.kill()
                killed.append(process)
        self.process.wait()
        psutil.wait_procs(killed, timeout=100)


class RayCluster:
    """A cluster of nodes; the first one is the head."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._network = f"127.{secrets.randbelow(250) + 1}.{secrets.randbelow(250) + 1}"
        self._started = 0
        self.nodes: list[RayNode] = []
        self.port = 0

    @property
    def address(self) -> str:
        """The cluster's address, as `ray:ADDRESS` takes it."""
        return f"{self.nodes[0].host}:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables that a driver in a process of its own needs."""
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _TOKEN}

    def fill(self, count: int) -> None:
        """Start as many nodes as are missing, together, and wait until all have joined."""
        if not self.nodes:
            self._start_head()
        missing = range(count - len(self.nodes))
        self.nodes += [self._start(f"--address={self.address}") for _ in missing]
        for node in self.nodes:
            _wait(node, lambda node=node: "Ray runtime started" in _text(node.log))

    def kill(self, node: RayNode) -> None:
        """Kill a node, and forget it; `fill` starts another."""
        node.kill()
        self.nodes.remove(node)

    def close(self) -> None:
        """Kill every node, the head last."""
        for node in reversed(self.nodes):
            node.kill()
        self.nodes.clear()

    def _start_head(self) -> None:
        self.port = _free_port(f"{self._network}.1")
        head = self._start(
            "--head",
            f"--port={self.port}",
            "--include-dashboard=false",
            "--no-monitor",
            f"--system-config={json.dumps(_SYSTEM)}",
        )
        self.nodes.append(head)
        _wait(head, lambda: _listens(head.host, self.port))

    def _start(self, *arguments: str) -> RayNode:
        self._started += 1
        host = f"{self._network}.{self._started}"
        log = self._folder / f"node-{self._started}.log"
        command = [
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--block", *arguments),
            f"--node-ip-address={host}",
            f"--temp-dir={self._folder / str(self._started)}",
            *("--num-cpus=1", f"--object-store-memory={_STORE_BYTES}"),
            *("--min-worker-port=0", "--max-worker-port=0", "--include-log-monitor=false"),
            "--disable-usage-stats",
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_the_tests,
            )
        return RayNode(process, log, host)


@contextmanager
def ray_cluster(nodes: int = 1) -> Iterator[RayCluster]:
    """Yield a cluster; a driver in this process has the variables that it needs."""
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    cluster = RayCluster(folder)
    kept = {name: os.environ.get(name) for name in cluster.environment}
    os.environ.update(cluster.environment)
    _use_token()
    try:
        cluster.fill(nodes)
        yield cluster
    finally:
        cluster.close()
        shutil.rmtree(folder, ignore_errors=True)
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _use_token() -> None:
    """Make a Ray that this process has imported already look at the variables again."""
    if "ray" in sys.modules:
        from ray._raylet import AuthenticationTokenLoader, Config

        Config.initialize("")
        AuthenticationTokenLoader.instance().reset_cache()


def _die_with_the_tests() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _listens(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _wait(node: RayNode, done: Callable[[], bool]) -> None:
    end = time.monotonic() + _START_S
    while not done():
        if node.process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"A node of Ray did not start: {_text(node.log)[-2000:]}")
        time.sleep(0.05)

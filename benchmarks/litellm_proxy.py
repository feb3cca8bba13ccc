"""Litellm's proxy as a peer: a process in an environment of its own, before an endpoint."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.peers import PeerMissing, environment

__all__ = ["PACKAGE", "RunningProxy", "litellm_proxy"]

PACKAGE = "litellm==1.108.7"
_START_S = 120


@dataclass(frozen=True, slots=True)
class RunningProxy:
    """Where the proxy is, and its process."""

    base_url: str
    api_key: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of the process and its children so far."""
        family = [self.process, *self.process.children(recursive=True)]
        return float(sum(sum(one.cpu_times()[:2]) for one in family))


@contextlib.contextmanager
def litellm_proxy(port: int) -> Iterator[RunningProxy]:
    """Run the proxy before the endpoint of a port of this machine.

    Raises:
        PeerMissing: It can't be installed, or doesn't start.
    """
    python = environment(PACKAGE.replace("litellm", "litellm[proxy]"))
    own, key = _free_port(), f"sk-{secrets.token_hex(24)}"
    with tempfile.TemporaryDirectory() as name:
        settings = Path(name) / "settings.yaml"
        settings.write_text(json.dumps(_settings(port, key)), encoding="utf-8")
        command = [python.parent / "litellm", "--config", settings]
        command += ["--host", "127.0.0.1", "--port", str(own), "--telemetry", "False"]
        log = (Path(name) / "log.txt").open("w+", encoding="utf-8")
        process = subprocess.Popen(
            command,
            cwd=name,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"},
            start_new_session=True,
        )
        try:
            _wait(process, own, Path(log.name))
            base_url = f"http://127.0.0.1:{own}/v1"
            yield RunningProxy(base_url, key, psutil.Process(process.pid))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            log.close()


def _settings(port: int, key: str) -> dict[str, object]:
    model = {
        "model": "openai/stub",
        "api_base": f"http://127.0.0.1:{port}/v1",
        "api_key": "none",
    }
    return {
        "model_list": [{"model_name": "stub", "litellm_params": model}],
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "general_settings": {"master_key": key},
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/health/liveliness", timeout=2).is_success:
                return
        time.sleep(0.5)
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise PeerMissing(f"the proxy did not start: {(lines or ['no message'])[-1][:200]}")

"""The real lmdeploy for tests, with or without its 8 GB of GPU packages.

The environment variable LOCOMO_VQA_LMDEPLOY_PYTHON names the interpreter of an environment where
lmdeploy is installed. Without it, the Python files of its wheel and the few small packages that
they import are put in a folder beside the tests' own packages, which are enough for everything but
the engines. Tests skip where neither can be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
VARIABLE = "LOCOMO_VQA_LMDEPLOY_PYTHON"
VERSION = "0.18.0"
_SMALL = (
    *("addict==2.4.0", "apache-tvm-ffi==0.1.15.post2", "mmengine-lite==0.10.7"),
    *("pybase64==1.5.1", "shortuuid==1.0.13", "termcolor==3.3.0", "xgrammar==0.2.9"),
    "yapf==0.43.0",
)
_LIMIT_S = 90
_NEEDED = ("torch", "transformers", "fastapi", "uvicorn", "aiohttp", "zmq", "requests")


@dataclass(frozen=True)
class Lmdeploy:
    """An interpreter that can import lmdeploy."""

    python: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that it needs besides those of this process."""

    def start_proxy(self, port: str, *, log: Path) -> subprocess.Popen[str]:
        """Start `lmdeploy serve proxy`."""
        where = ("--server-name", "127.0.0.1", "--server-port", port)
        command = ("-m", "lmdeploy", "serve", "proxy", *where, "--disable-cache-status")
        return self._start(command, log, log)

    def start_server(
        self, folder: Path, port: str, proxy: str, key: str, *, log: Path
    ) -> subprocess.Popen[str]:
        """Start `lmdeploy serve api_server` on the CPU, once the proxy is there."""
        where = ("--server-name", "127.0.0.1", "--server-port", port, "--proxy-url", proxy)
        model = (str(folder), "--model-name", "embedded", "--backend", "pytorch")
        command = ("serve", "api_server", *model, *where, "--api-keys", key)
        return self._start((HERE / "cpu_engine.py", *command), log, log)

    def start_script(
        self, script: Path, arguments: Sequence[str], output: Path
    ) -> subprocess.Popen[str]:
        """Start a script; what it prints goes to `output`, its log to a file beside it."""
        return self._start((script, *arguments), output, output.with_suffix(".log"))

    def _start(
        self, command: Sequence[str | Path], output: Path, log: Path
    ) -> subprocess.Popen[str]:
        quiet = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
        # yapf, which mmengine imports, may read its cache while another process writes it.
        quiet["XDG_CACHE_HOME"] = str(output.with_suffix(".cache"))
        with output.open("w") as out, log.open("w") as err:
            return subprocess.Popen(
                [self.python, *command],
                env={**os.environ, **quiet, **self.environment},
                stdout=out,
                stderr=subprocess.STDOUT if output == log else err,
                cwd=log.parent,
                text=True,
            )


def find_lmdeploy(cache: Path) -> Lmdeploy:
    """Return an interpreter with lmdeploy, or skip; what is downloaded is kept in `cache`."""
    scripts = str(ROOT / "scripts")
    if python := os.environ.get(VARIABLE):
        return Lmdeploy(Path(python), {"PYTHONPATH": os.pathsep.join((str(ROOT), scripts))})
    for package in _NEEDED:
        pytest.importorskip(package)
    packages = cache / "packages"
    with FileLock(cache / "lock"):
        if not packages.is_dir():
            _download(cache, packages)
    paths = [str(packages), scripts, *filter(None, [os.environ.get("PYTHONPATH")])]
    return Lmdeploy(Path(sys.executable), {"PYTHONPATH": os.pathsep.join(paths)})


def _download(cache: Path, packages: Path) -> None:
    wheels, unpacked = cache / "wheels", cache / "unpacked"
    for folder in (wheels, unpacked):
        shutil.rmtree(folder, ignore_errors=True)
    quick = ("--no-deps", "--quiet", "--retries", "0", "--timeout", "10")
    what = (f"lmdeploy=={VERSION}", *_SMALL)
    command = [sys.executable, "-m", "pip", "download", *quick, "--only-binary", ":all:"]
    _run_or_skip([*command, "--dest", str(wheels), *what])
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            engine = "lmdeploy/turbomind/"
            archive.extractall(
                unpacked,
                [
                    name
                    for name in archive.namelist()
                    if not (name.startswith(engine) and name.endswith((".so", ".a")))
                ],
            )
    shutil.rmtree(wheels)
    unpacked.rename(packages)


def _run_or_skip(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        pytest.skip(f"lmdeploy could not be downloaded within {_LIMIT_S} s")
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["pip failed"]
        pytest.skip(f"no lmdeploy {VERSION} ({last[0]}); or set {VARIABLE}")

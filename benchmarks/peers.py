"""Environments in which peers are installed, apart from the toolkit's dependencies.

An environment is made by the command that needs it, and kept in the user's cache folder (or in
`LOCOMO_VQA_PEERS`) for the next time. A peer that can't be installed is skipped, with the reason.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, Cost, run_command

__all__ = ["PeerMissing", "environment", "install", "run_script", "version_in"]

_TIMEOUT_S = 600


class PeerMissing(Exception):
    """A peer can't be installed; the message is the reason."""


def environment(*packages: str) -> Path:
    """Return the Python of an environment that has `packages`, such as `rouge-score==0.1.2`.

    If all of them have a fixed version and are installed beside the toolkit, as those of the extra
    `test` are, it is this Python.

    Raises:
        PeerMissing: They can't be installed.
    """
    if all(_is_here(package) for package in packages):
        return Path(sys.executable)
    digest = hashlib.sha256("\n".join((sys.version, *packages)).encode()).hexdigest()[:12]
    folder = _root() / f"{packages[0].split('=')[0].split('[')[0]}-{digest}"
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        venv.create(folder, with_pip=True, clear=True)
        install(python, packages)
        complete.touch()
    return python


def run_script(python: Path, name: str, given: Any) -> tuple[Any, Cost]:
    """Run a module of `benchmarks.peer_scripts` on JSON; return its JSON and its cost."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.json", Path(folder) / "out.json"
        source.write_text(json.dumps(given), encoding="utf-8")
        _, cost = run_command([python, "-m", f"benchmarks.peer_scripts.{name}", source, target])
        return json.loads(target.read_text(encoding="utf-8")), cost


def version_in(python: Path, package: str) -> str:
    """Return the version of a package in an environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    command = [str(python), "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _is_here(package: str) -> bool:
    name, fixed, version = package.partition("==")
    try:
        return bool(fixed) and metadata.version(name).partition("+")[0] == version
    except metadata.PackageNotFoundError:
        return False


def _root() -> Path:
    from platformdirs import user_cache_path

    given = os.environ.get("LOCOMO_VQA_PEERS")
    return Path(given) if given else user_cache_path("locomo-vqa") / "benchmark-peers"


def install(python: Path, packages: Sequence[str]) -> None:
    """Install packages with pip.

    Raises:
        PeerMissing: They can't be installed.
    """
    command = [str(python), "-m", "pip", "install", "--quiet", *packages]
    print(f"installing {' '.join(packages)} into an environment of its own", flush=True)
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise PeerMissing(f"pip took more than {_TIMEOUT_S} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise PeerMissing((lines or ["pip failed"])[-1].removeprefix("ERROR: "))

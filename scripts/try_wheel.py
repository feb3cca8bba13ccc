"""Try the wheel of the last commit in an empty environment of each Python, before a release.

    python scripts/try_wheel.py python3.11 python3.12 python3.13

For each, only the wheel and what it requires are installed. Then the demo and `examples/session.py`
run in an empty folder, where a deprecation that this project's code causes is an error. A version
that is not on this machine can be given as a number, such as `3.14`: then it is only checked that
everything the wheel requires has a wheel for it. Needs the package `build` and a package index.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 3600
STRICT = r"""
import warnings
for kind in (DeprecationWarning, PendingDeprecationWarning, FutureWarning, SyntaxWarning):
    warnings.filterwarnings("error", category=kind, module=r"(__main__|locomo_vqa)(\.|$)")
"""
"""The `sitecustomize.py` of an environment, so that every process there is strict."""


def main() -> int:
    """Build the wheel and try it with each Python; return 1 if one fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pythons", nargs="+", metavar="python")
    pythons: list[str] = parser.parse_args().pythons
    failed = []
    with tempfile.TemporaryDirectory(prefix="try-wheel-") as name:
        work = Path(name)
        wheel = build_wheel(work)
        print(f"{wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB", flush=True)
        for python in pythons:
            begun = time.monotonic()
            number = re.fullmatch(r"\d\.\d+", python)
            problem = unresolved(wheel, python) if number else problem_with(wheel, python, work)
            what = "everything it requires has a wheel" if number else "demo and session ran"
            seconds = time.monotonic() - begun
            print(f"{python}: {problem or what} ({seconds:.0f} s)", flush=True)
            failed += [python] if problem else []
    return 1 if failed else 0


def build_wheel(work: Path) -> Path:
    """Build the wheel of the last commit, in a copy of it."""
    source = work / "source"
    source.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=-1).stdout
    subprocess.run(["tar", "-x", "-C", source], input=archive, check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(work / "dist"), "."]
    subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_S)
    (wheel,) = (work / "dist").glob("*.whl")
    return wheel


def problem_with(wheel: Path, python: str, work: Path) -> str | None:
    """Return what fails with one Python, or None."""
    folder = Path(tempfile.mkdtemp(dir=work))
    environment, empty = folder / "venv", folder / "empty"
    empty.mkdir()
    programs = environment / "bin"
    steps: list[Sequence[str | Path]] = [
        [python, "-m", "venv", environment],
        [programs / "python", "-m", "pip", "install", "--quiet", wheel],
    ]
    for step in steps:
        if problem := run(step, folder):
            return problem
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "sitecustomize.py").write_text(STRICT)
    for step in (
        [programs / "locomo-vqa", "demo"],
        [programs / "python", ROOT / "examples" / "session.py"],
    ):
        if problem := run(step, empty):
            return problem
    return None


def unresolved(wheel: Path, version: str) -> str | None:
    """Return why the wheel can't be installed with a Python that is not here, or None."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    where = ["--python-version", version, "--only-binary", ":all:", "--target", "nowhere"]
    return run([*pip, *where, wheel], wheel.parent)


def run(command: Sequence[str | Path], folder: Path) -> str | None:
    """Run a command in a folder; return how it failed, with its last lines, or None."""
    words = [str(word) for word in command]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        words, cwd=folder, env=clean, capture_output=True, text=True, timeout=LIMIT_S
    )
    if not done.returncode:
        return None
    last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
    return f"{' '.join(words[:3])} ended with {done.returncode}:\n{last}"


if __name__ == "__main__":
    sys.exit(main())

"""Scripts that the docs name explain themselves, and do nothing else then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow
SCRIPTS = ("check_lmdeploy.py", "lmdeploy_on_gpu.py", "recompute", "try_wheel.py")


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize(("argument", "status"), [("--help", 0), ("--hepl", 2)])
def test_help(name: str, argument: str, status: int, tmp_path: Path) -> None:
    module = f"scripts.{name.removesuffix('.py')}"
    done = subprocess.run(
        [sys.executable, "-m", module, argument],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert (done.stdout or done.stderr).startswith("usage: ")
    assert list(tmp_path.iterdir()) == []

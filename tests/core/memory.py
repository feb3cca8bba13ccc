"""Measures the peak memory of Python code in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

__all__ = ["MOST_MB", "peak_mb"]

MOST_MB = 512
"""The most memory that any reader may take, whatever it is given."""

_REPORT = """
import resource
print("\\npeak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak_mb(code: str, *arguments: object, seconds: float = 200) -> tuple[int, str]:
    """Run code with `sys.argv`, and return its highest resident memory in MB and what it printed.

    A copy of Python is started from a small process, because a child's peak begins with its
    parent's.
    """
    script = textwrap.dedent(code) + _REPORT
    command = [sys.executable, "-c", script, *map(str, arguments)]
    run = subprocess.run(
        ["sh", "-c", '"$@"', "sh", *command],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    printed, _, peak = run.stdout.rpartition("\npeak ")
    return int(peak), printed

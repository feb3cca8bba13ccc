"""Try at length what CI tries briefly: files with faults, any text, kills, full disks, repetitions.

    python -m benchmarks.torture [--minutes 30] [--seed 1] [--effort 10] [--kills 200]

The tests of `tests/torture` run again and again, each round with another seed, and those that kill
commands with more kills, until the time is over or something fails. What failed is printed with the
variables that repeat it. The package's extra `test` must be installed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
TORTURE = ("tests/torture",)
KILLED = (
    "tests/test_killed.py",
    "tests/builders/test_killed_build.py",
    "tests/core/test_responses_killed.py",
    "tests/evaluators/distilling/test_killed_distillation.py",
    "tests/evaluators/judging/test_killed_judging.py",
)


def main() -> None:
    """Run rounds until the time is over, or one fails; exit with its status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="start no round after these")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--effort", type=float, default=10, help="tries, as a multiple of CI's")
    parser.add_argument("--kills", type=int, default=200, help="kills of each command")
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    variables = {"LOCOMO_VQA_KILLS": str(arguments.kills)}
    seed = arguments.seed
    while True:
        tried = {
            "LOCOMO_VQA_TORTURE": str(arguments.effort),
            "LOCOMO_VQA_TORTURE_SEED": str(seed),
        }
        run(TORTURE, tried)
        if seed == arguments.seed:
            run(KILLED, variables)
        seed += 1
        if time.monotonic() > end:
            break
    print(f"{seed - arguments.seed} rounds, nothing failed")


def run(tests: tuple[str, ...], variables: dict[str, str]) -> None:
    """Run tests with variables set, and end with their status if they fail."""
    shown = " ".join(f"{name}={value}" for name, value in variables.items())
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "auto", "-o", "timeout=0", *tests]
    print(f"\n{shown} python {' '.join(command[1:])}", flush=True)
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()

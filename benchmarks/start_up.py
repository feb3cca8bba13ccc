"""Compare how long `--help` takes with the command lines of other evaluation harnesses.

    python -m benchmarks.start_up [--rounds 7] [--peers lm-eval inspect-ai]

Each command runs as a process, in turns, and so does `python -c pass`, which is the floor. The time
to reach is one of CPU seconds, so that other work on the machine doesn't count.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.measuring import run_command
from benchmarks.peers import PeerMissing, environment
from benchmarks.results import Result, benchmark, less_cpu, not_measured

COMMANDS = {
    "lm-eval": ("lm-eval==0.4.13", "lm-eval"),
    "inspect-ai": ("inspect-ai==0.3.285", "inspect"),
    "vlmeval": ("ms-vlmeval==0.0.20", "vlmutil"),
}
"""The package and the command of each peer; VLMEvalKit's own name is not in the package index."""

LIMIT_S = 0.15
HEAVY = ("torch", "transformers", "datasets", "pandas", "nltk", "scipy", "numpy", "httpx", "rich")


def make_parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="runs of each command")
    parser.add_argument("--peers", nargs="*", choices=COMMANDS, default=["lm-eval", "inspect-ai"])
    return parser


def seconds_of(commands: dict[str, Sequence[str | Path]], rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of commands that run in turns, after one run of each."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            seconds = run_command(command)[1].cpu_s
            if number:
                times[name].append(seconds)
    return {name: median(values) for name, values in times.items()}


def loaded_modules() -> list[str]:
    """Return the heavy packages that `--help` imports."""
    code = (
        "import sys\nfrom locomo_vqa.cli import main\nsys.argv[1:] = ['--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    return run_command([sys.executable, "-c", code])[0].rpartition("loaded:")[2].split()


def measure(options: argparse.Namespace) -> list[Result]:
    """Run all commands in turns."""
    commands: dict[str, Sequence[str | Path]] = {
        "python": [sys.executable, "-c", "pass"],
        "ours": [sys.executable, "-m", "locomo_vqa", "--help"],
    }
    missing = {}
    for name in options.peers:
        package, command = COMMANDS[name]
        try:
            commands[name] = [environment(package).parent / command, "--help"]
        except PeerMissing as error:
            missing[name] = str(error)
    found = seconds_of(commands, options.rounds)
    heavy = loaded_modules()
    results = [
        Result(
            what="`locomo-vqa --help`",
            peer=f"`python -c pass`: {found['python']:.3f} s",
            reach=f"less than {LIMIT_S:g} s of CPU time, nothing heavy imported",
            measured=f"{found['ours']:.3f} s, {' '.join(heavy) or 'nothing heavy'} imported",
            met=found["ours"] < LIMIT_S and not heavy,
            cpu_s={"ours": found["ours"], "python": found["python"]},
        )
    ]
    for name in options.peers:
        peer = f"`{COMMANDS[name][1]} --help` of {COMMANDS[name][0]}"
        if name in missing:
            results.append(not_measured("`locomo-vqa --help`", peer, "no more CPU", missing[name]))
        else:
            results.append(less_cpu("`locomo-vqa --help`", peer, found["ours"], found[name], 1))
    return results


if __name__ == "__main__":
    benchmark(make_parser(), measure)

"""What only POSIX systems have is not needed: systems run, and end, as they do on Windows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.evaluators.hosting.hosted import write_system

SYSTEM = """
import subprocess, sys, time


class Own(Echo):
    def answer(self, question, *, now):
        if question == "sleep":
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            time.sleep(600)
        return question
"""

SCRIPT = """
import os, select, signal, subprocess, sys
import psutil

end = signal.SIGKILL
for kind in (psutil.Process, subprocess.Popen):  # On Windows these need no signal.
    kind.kill = lambda self: os.kill(self.pid, end)
for module, names in {
    os: ("fork", "killpg", "getpgid", "getsid", "setsid", "set_blocking"),
    select: ("poll", "epoll"),
    signal: ("SIGKILL", "SIGHUP", "SIGALRM"),
}.items():
    for name in names:
        vars(module).pop(name, None)
sys.modules |= dict.fromkeys(("fcntl", "resource", "termios"))

from datetime import datetime
from pathlib import Path

import locomo_vqa.evaluators.running
from locomo_vqa.evaluators.hosting import Limits, ProcessHost
from locomo_vqa.system import ConversationInfo, Services

folder, spec = Path(sys.argv[1]), sys.argv[2]
python = folder / "python"  # Like `python.exe` of a virtual environment, it starts another process.
python.write_text(f'#!/bin/sh\\n{sys.executable} "$@"\\nexit $?\\n')
python.chmod(0o755)
host = ProcessHost(
    spec, folder=folder, python=python, limits=Limits(answer_s=5), log=folder / "log"
)
assert host.start() is None
info = ConversationInfo(id="c", speakers=("A", "B"), images="none")
assert host.open(info, folder, Services()) is None
now = datetime(2023, 5, 8)
assert host.answer("red", now=now)["text"] == "red"
assert host.started() == []
late = host.answer("sleep", now=now)
assert late.reason == "answer() did not return within 5 s", late
assert host.started() == []
host.end()
print("done")
"""


@pytest.mark.slow
def test_a_system_is_run_and_killed_without_posix(tmp_path: Path) -> None:
    spec = write_system(tmp_path, "own", SYSTEM)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), spec],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")

"""The response store under kill -9, and with several processes at once."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.responses import ResponseStore

WRITER = """
import sys
from pathlib import Path
from locomo_vqa.models.chat import ChatReply, ChatRequest
from locomo_vqa.responses import ResponseStore
from locomo_vqa.runs import Usage

path, name, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with ResponseStore(path) as store:
    print("ready", flush=True)
    for i in range(number):
        text = f"{name} {i} " + "x" * (i % 977)
        reply = ChatReply(text=text, finish="stop", usage=Usage(calls=1))
        store.put({"writer": name}, ChatRequest(text=str(i)), reply)
        print(i, flush=True)
"""


def writer(path: Path, name: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def check(path: Path, name: str, numbers: range) -> None:
    with ResponseStore(path) as store:
        for i in numbers:
            reply = store.get({"writer": name}, ChatRequest(text=str(i)))
            assert reply is not None, f"{name} {i} is lost"
            assert reply.text == f"{name} {i} " + "x" * (i % 977)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.slow
def test_kill_9_loses_no_reply_that_was_put(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    rng = random.Random(5)
    kept = 0
    for turn in range(12):
        process = writer(path, f"w{turn}", 10**9)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        first = [process.stdout.readline() for _ in range(rng.randrange(60))]
        process.send_signal(signal.SIGKILL)
        lines = "".join([*first, process.stdout.read()]).split("\n")
        process.wait()
        process.stdout.close()
        done = len(lines) - 1  # What follows the last line break was cut off by the kill.
        assert [int(line) for line in lines[:done]] == list(range(done))
        check(path, f"w{turn}", range(done))
        kept += done
    assert kept > 100


@pytest.mark.slow
def test_several_processes_make_and_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    processes = [writer(path, f"w{number}", 150) for number in range(4)]
    for process in processes:
        process.communicate(timeout=200)
        assert process.returncode == 0
    for number in range(4):
        check(path, f"w{number}", range(150))

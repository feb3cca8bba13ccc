"""Twenty kills of every stage: the same results, nothing left behind, nothing paid twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

import locomo_vqa as lv
from tests.conftest import tree
from tests.serving import QuietHandler, serve_handler

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]

KILLS = 20
DAY = date(2026, 8, 31)
CHILD = """
import datetime
import locomo_vqa as lv

lv.{name}  # Imported before the moment counts.
print("ready", flush=True)
lv.{name}({arguments})
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the sample."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    lv.run("bm25", benchmark="sample", out=folder, progress=False)
    return folder


@pytest.fixture
def board(finished: Path, tmp_path: Path) -> lv.Board:
    """A verified board of one submission."""
    lv.submit(finished, to=tmp_path / "submissions")
    return lv.verify(tmp_path / "submissions", benchmark="sample", progress=False)


def test_submit(finished: Path, tmp_path: Path) -> None:
    to, calm = tmp_path / "to", tmp_path / "calm"
    seconds = _seconds(lambda: lv.submit(finished, to=calm, date=DAY))
    arguments = f"{str(finished)!r}, to={str(to)!r}, date={DAY!r}"
    for _ in _killed("submit", arguments, seconds):
        whole = {name: data for name, data in tree(to).items() if "/." not in name}
        assert whole in ({}, tree(calm))
        lv.submit(finished, to=to, date=DAY)
        assert tree(to) == tree(calm)
        assert _hidden(tmp_path) == []
        shutil.rmtree(to)


def test_verify(board: lv.Board, tmp_path: Path) -> None:
    file = board.folder / "board.json"
    calm = tree(board.folder)
    seconds = _seconds(lambda: lv.verify(board.folder, benchmark="sample", progress=False))
    arguments = f"{str(board.folder)!r}, benchmark='sample', progress=False"
    for number in _killed("verify", arguments, seconds):
        assert not file.exists() or file.read_bytes() == calm["board.json"]
        if number % 2:
            file.unlink(missing_ok=True)
    lv.verify(board.folder, benchmark="sample", progress=False)
    assert tree(board.folder) == calm
    assert _hidden(tmp_path) == []


def test_build_site(finished: Path, board: lv.Board, tmp_path: Path) -> None:
    out = tmp_path / "site"
    lv.build_site(board, out=out)
    old = tree(out)
    lv.submit(finished, to=board.folder, name="another")
    board = lv.verify(board.folder, benchmark="sample", progress=False)
    calm = tree(lv.build_site(board, out=tmp_path / "calm"))
    assert calm != old
    seconds = _seconds(lambda: lv.build_site(board, out=tmp_path / "calm"))
    arguments = f"{str(board.folder)!r}, out={str(out)!r}"
    for _ in _killed("build_site", arguments, seconds):
        assert (out / "index.html").read_bytes() in (old["index.html"], calm["index.html"])
        lv.build_site(board, out=out)
        assert tree(out) == calm
        assert _hidden(tmp_path) == []
        for name, data in old.items():
            (out / name).write_bytes(data)


class _Endpoint(QuietHandler):
    """Answers each request with a word of its own."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    lock = threading.Lock()
    asked: ClassVar[Counter[str]] = Counter()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # Its client was killed.
            super().handle()

    def do_GET(self) -> None:
        self.reply(200, b'{"data": []}', {"Content-Type": "application/json"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        word = hashlib.sha256(body).hexdigest()[:8]
        with self.lock:
            self.asked[word] += 1
        time.sleep(0.01)
        message = {"role": "assistant", "content": word}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        data = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.reply(200, data, {"Content-Type": "application/json"})


def test_run(tmp_path: Path) -> None:
    rng = random.Random(8)
    with serve_handler(_Endpoint) as url:
        model = f"openai:{url}/v1?model=m"
        calm = _start_run(model, tmp_path / "calm")
        calm.communicate()
        assert calm.returncode == 0
        paid = Counter(_Endpoint.asked)
        most = paid.total() // KILLS
        _Endpoint.asked.clear()
        for _ in range(KILLS):
            process = _start_run(model, tmp_path / "run")
            _wait_for_calls(process, _Endpoint.asked.total() + rng.randint(0, most))
            time.sleep(rng.uniform(0, 0.03))
            _kill_with_children(process)
        last = _start_run(model, tmp_path / "run")
        last.communicate()
        assert last.returncode == 0
    twice = _Endpoint.asked - paid
    assert twice.total() <= 3 * KILLS  # What was on its way when the process was killed.
    assert not paid - _Endpoint.asked
    assert _answers(tmp_path / "run") == _answers(tmp_path / "calm")
    assert _names(tmp_path / "run") == _names(tmp_path / "calm")
    assert _hidden(tmp_path) == []


def _start_run(model: str, out: Path) -> subprocess.Popen[bytes]:
    arguments = ["run", "mem0", "--benchmark", "sample", "--split", "test", "--limit", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "locomo_vqa", *arguments, "--model", model, "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for_calls(process: subprocess.Popen[bytes], number: int) -> None:
    while _Endpoint.asked.total() < number and process.poll() is None:
        time.sleep(0.005)


def _kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with SIGKILL; what it started must end by itself."""
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


def _answers(folder: Path) -> list[tuple[Any, ...]]:
    lines = (folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [(row["question_id"], row["prediction"], row["state"]) for row in rows]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _killed(name: str, arguments: str, seconds: float) -> Iterator[int]:
    """Kill a call at a random moment, twenty times, and yield after each."""
    rng = random.Random(name)
    code = CHILD.format(name=name, arguments=arguments)
    for number in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0, seconds * 1.2))
        process.kill()
        process.communicate()
        yield number


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".*"))

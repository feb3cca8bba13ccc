"""Kills at every moment of every stage: same results, nothing left behind, nothing paid twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest

import locomo_vqa as lv
from tests.core.locomo_example import sample
from tests.dying import Commands
from tests.killing import KilledCommand, hidden_in, snapshot
from tests.serving import QuietHandler, serve_handler

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]


KILLS = 12
"""How often one run is killed."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the sample."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    lv.run("bm25", benchmark="sample", out=folder, progress=False)
    return folder


def kill_often(command: KilledCommand) -> None:
    """Kill a command at twenty moments: in a folder of its own each, and in one folder."""
    for _ in command.try_moments():
        pass
    assert command.kill_in_a_row()


def test_submit(run_commands: Commands, finished: Path, tmp_path: Path) -> None:
    command = KilledCommand(
        run_commands, tmp_path, ["submit", finished, "--to", "to", "--date", "2026-08-31"]
    )
    kill_often(command)


def test_verify(run_commands: Commands, finished: Path, tmp_path: Path) -> None:
    command = KilledCommand(
        run_commands,
        tmp_path,
        ["leaderboard", "verify", "subs", "--benchmark", "sample"],
        lambda root: lv.submit(finished, to=root / "subs"),
    )
    kill_often(command)


def test_build_site(run_commands: Commands, finished: Path, tmp_path: Path) -> None:
    lv.submit(finished, to=tmp_path / "subs")
    old = lv.build_site(lv.verify(tmp_path / "subs", benchmark="sample"), out=tmp_path / "old")
    lv.submit(finished, to=tmp_path / "subs", name="another")
    lv.verify(tmp_path / "subs", benchmark="sample", progress=False)
    command = ["leaderboard", "build", tmp_path / "subs", "--out", "site"]
    (tmp_path / "new").mkdir()
    kill_often(KilledCommand(run_commands, tmp_path / "new", command))
    (tmp_path / "replaced").mkdir()
    replacing = KilledCommand(
        run_commands,
        tmp_path / "replaced",
        command,
        lambda root: shutil.copytree(old, root / "site"),
    )
    kill_often(replacing)


def test_import(run_commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "locomo.json").write_text(json.dumps([sample("conv-1"), sample("conv-2")]))
    command = ["data", "import", tmp_path / "locomo.json", "--out", "out"]
    kill_often(KilledCommand(run_commands, tmp_path, command, once=True))


def test_run(run_commands: Commands, tmp_path: Path) -> None:
    command = ["run", "bm25", "--benchmark", "sample", "--limit", "2", "--out", "out"]
    killed = KilledCommand(run_commands, tmp_path, command, result=_answers_and_names)
    kill_often(killed)


def test_ablate(run_commands: Commands, tmp_path: Path) -> None:
    command = ["ablate", "no-memory", "--benchmark", "sample", "--out", "out"]
    command += ["--visual", "given", "--images", "pixels", "--images", "none"]
    killed = KilledCommand(run_commands, tmp_path, command, result=_answers_and_names)
    kill_often(killed)


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
        message = {"role": "assistant", "content": word}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        data = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.reply(200, data, {"Content-Type": "application/json"})


@pytest.mark.parametrize("options", [[], ["--record", "r.sqlite"]], ids=["plain", "recorded"])
def test_a_run_that_is_killed_often_pays_once(
    run_commands: Commands, tmp_path: Path, options: list[str]
) -> None:
    """Kill it again and again in one folder; what was on its way may be asked once more."""
    with serve_handler(_Endpoint) as url:
        command = ["run", "mem0", "--benchmark", "sample", "--limit", "1", "--out", "out"]
        command += ["--model", f"openai:{url}/v1?model=m", *options]
        roots = [tmp_path / "calm", tmp_path / "killed"]
        for root in roots:
            (root / "tmp").mkdir(parents=True)
        _Endpoint.asked.clear()
        calm = run_commands.run(*command, root=roots[0], TMPDIR=str(roots[0] / "tmp"))
        assert calm.status == 0, calm.said
        paid = Counter(_Endpoint.asked)
        _Endpoint.asked.clear()
        step, kills = len(calm.moments) // KILLS, 0
        for number in range(1, KILLS):
            died = run_commands.run(
                *command, root=roots[1], die_at=number * step, TMPDIR=str(roots[1] / "tmp")
            )
            kills += died.status == -9
        last = run_commands.run(*command, root=roots[1], TMPDIR=str(roots[1] / "tmp"))
        assert last.status == 0, last.said
    assert kills >= KILLS // 3
    assert not paid - _Endpoint.asked
    assert (_Endpoint.asked - paid).total() <= 3 * kills  # In flight, at most.
    assert (_Endpoint.asked - paid).total() < paid.total()
    assert _answers_and_names(roots[1]) == _answers_and_names(roots[0])
    assert hidden_in(roots[1]) == list((roots[1] / "tmp").iterdir()) == []
    if options:
        keys = [snapshot(root)["r.sqlite"] for root in roots]
        assert len(keys[0]) == len(keys[1]) == paid.total()


def _answers_and_names(root: Path) -> list[Any]:
    """Return what was answered and the names of all files, whose times differ."""
    rows = [
        json.loads(line)
        for path in sorted(root.rglob("predictions.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    answers = [(row["question_id"], row["prediction"], row["state"]) for row in rows]
    return [answers, sorted(str(path.relative_to(root)) for path in (root / "out").rglob("*"))]

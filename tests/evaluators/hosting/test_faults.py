"""Ten conversations, most of which go wrong in a way of their own: the others stand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from locomo_vqa.evaluators.hosting import Limits
from locomo_vqa.runs import read_run
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import (
    by_conversation,
    carrying,
    hosted,
    sandbox_tool,
    wait_until_gone,
    write_system,
)

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

FAULTY = """
import ctypes, os, subprocess, sys, time


def daemon():
    '''Leave the session, as servers do.'''
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "600"])
        os._exit(0)
    os.wait()


def leak():
    child = os.fork()
    if child == 0:
        held = []
        while True:
            if len(held) < 40:
                held.append(bytearray(os.urandom(1) * 50_000_000))
            time.sleep(0.05)
    os.waitpid(child, 0)


class Own(Echo):
    def open(self, conversation, workdir, services):
        super().open(conversation, workdir, services)
        self.number = int(conversation.id[-2:])
        self.asked = 0
        if self.number == 1:
            daemon()
            subprocess.Popen(["sleep", "600"])

    def add(self, turns):
        super().add(turns)
        if self.number == 9 and turns[0].session == 2:
            os.abort()

    def answer(self, question, *, now):
        self.asked += 1
        print("printed")
        os.write(1, b"written\\n")
        subprocess.run(["echo", "started"], check=True)
        if self.number == 8:
            with (self.workdir / "memory.txt").open("a+") as memory:
                memory.write(question + "\\n")
                memory.seek(0)
                return str(len(memory.readlines()))
        if self.asked == 2:
            return self.second()
        return super().answer(question, now=now)

    def second(self):
        if self.number == 2:
            child = os.fork()
            if child:
                assert os.waitpid(child, 0)[1] == 0
            return "from the parent" if child else "from the child"
        if self.number == 3:
            os._exit(3)
        if self.number == 4:
            ctypes.string_at(0)
        if self.number == 5:
            time.sleep(600)
        if self.number == 6:
            return {"text": ["no", "text"]}
        if self.number == 7:
            leak()
        if self.number == 10:
            sys.exit(1)
        return self.turns[-1].text
"""

STATES = {
    "sample-01": "ok ok ok ok",
    "sample-02": "ok ok ok ok",
    "sample-03": "ok error not_ingested not_ingested",
    "sample-04": "ok error not_ingested not_ingested",
    "sample-05": "ok timeout not_ingested not_ingested",
    "sample-06": "ok error ok ok",
    "sample-07": "ok error not_ingested not_ingested",
    "sample-08": "ok ok ok ok",
    "sample-09": "not_ingested not_ingested not_ingested not_ingested",
    "sample-10": "ok error ok ok",
}

REASONS = {
    "sample-03": "the system's process ended (exit status 3)",
    "sample-04": "the system's process ended (SIGSEGV)",
    "sample-05": "answer() did not return within 8 s",
    "sample-06": "TypeError: the answer's text is of type list, not a string",
    "sample-07": "memory limit: the system used ",
    "sample-09": "while reading: the system's process ended (SIGABRT)",
    "sample-10": "SystemExit: 1",
}


@pytest.mark.slow
@pytest.mark.parametrize("closed_off", [False, True], ids=["plain", "sandbox"])
def test_each_fault_costs_its_conversation_and_leaves_no_process(
    closed_off: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = sandbox_tool() if closed_off else None
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOSTED_BY", str(tmp_path))
    spec = write_system(tmp_path, "faulty", FAULTY)
    limits = Limits(answer_s=8, memory_bytes=400_000_000)
    run = hosted(spec, tmp_path / "run", limits=limits, jobs=3, env=["HOSTED_BY"], sandbox=sandbox)
    done = run.run()
    assert carrying(str(tmp_path)) == []
    rows = by_conversation(done.predictions)
    assert {name: " ".join(p.state for p in group) for name, group in rows.items()} == STATES
    for name, reason in REASONS.items():
        failed = [p.error or "" for p in rows[name] if p.state in ("error", "timeout")]
        failed = failed or [rows[name][0].error or ""]
        assert failed[0].startswith(reason), failed
        later = [p.error for p in rows[name][2:] if p.state == "not_ingested"]
        assert name == "sample-09" or set(later) <= {f"not asked: {failed[0]}"}
    assert rows["sample-02"][1].prediction == "from the parent"
    assert [p.prediction for p in rows["sample-08"]] == ["1", "2", "3", "4"]
    assert read_run(tmp_path / "run").predictions == done.predictions
    log = (tmp_path / "run" / "work" / "sample-06.log").read_text()
    for words in ("printed", "written", "started", "Traceback", "TypeError: the answer's text"):
        assert words in log


@pytest.mark.slow
def test_a_retry_asks_first_what_was_never_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question that ends the process comes last, so it costs no other one again."""
    monkeypatch.chdir(tmp_path)
    text = """
import os

class Own(Echo):
    fatal = None

    def answer(self, question, *, now):
        if question == {fatal!r}:
            os._exit(1)
        return "fine"
"""
    first = hosted("bm25", tmp_path / "any", split="validation").run().predictions
    asked = {q.id: q.question for q in hosted("bm25", tmp_path).benchmark.text_questions}
    fatal = asked[first[1].question_id]
    spec = write_system(tmp_path, "fatal", text.format(fatal=fatal))
    run = hosted(spec, tmp_path / "run", split="validation")
    states = [p.state for p in run.run().predictions]
    assert states == ["ok", "error", "not_ingested", "not_ingested"]
    states = [p.state for p in run.run(retry_failed=True).predictions]
    assert states == ["ok", "error", "ok", "ok"]


def test_a_chatty_system_fills_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
class Own(Echo):
    def flush(self):
        for _ in range(3000):
            print("x" * 1023)
"""
    spec = write_system(tmp_path, "chatty", text)
    done = hosted(spec, tmp_path / "run", split="validation").run()
    assert {p.state for p in done.predictions} == {"ok"}
    conversation = done.predictions[0].question_id.split("/")[0]
    size = (tmp_path / "run" / "work" / f"{conversation}.log").stat().st_size
    assert (1 << 20) <= size < (1 << 20) + 100
    printed = capfd.readouterr()
    assert printed.out == ""
    assert (1 << 20) <= len(printed.err) < (1 << 20) + 100


BROKEN = {
    "ends": ("import os\nos._exit(4)", "ended (exit status 4)"),
    "prints and ends": ("import os, sys\nsys.stderr.write('no GPU\\n'); os._exit(4)", "no GPU"),
    "hides a class": ("del Echo\nOwn = 3", "has no class 'Own'"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_what_can_t_be_loaded_is_told(name: str, tmp_path: Path, cli: Cli) -> None:
    text, message = BROKEN[name]
    spec = write_system(tmp_path, "broken", text)
    done = cli("run", spec, "--benchmark", "sample", "--out", "run")
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_system_named_like_a_module_of_the_toolkit(tmp_path: Path, cli: Cli) -> None:
    """`files` and `runs` are modules of the toolkit; a script in its folder would find those."""
    (tmp_path / "runs.py").write_text("WORD = 'mine'\n")
    text = "import runs\n\nclass Own(Echo):\n    def flush(self):\n        runs.WORD\n"
    spec = write_system(tmp_path, "files", text)
    command = ["run", spec, "--benchmark", "sample", "--split", "validation", "--limit", "1"]
    done = cli(*command, "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["states"] == {"ok": 1}
    assert wait_until_gone(str(tmp_path)) == []

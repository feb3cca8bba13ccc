"""Conversations side by side: the same answers, and one end for all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.files import read_jsonl
from locomo_vqa.runs import Prediction
from locomo_vqa.system import Services
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import hosted, wait_until_gone, write_system
from tests.evaluators.recording import harness, recorder

SLOW = """
import os, subprocess, time
from pathlib import Path

class Own(Echo):
    asked = 0

    def open(self, conversation, workdir, services):
        super().open(conversation, workdir, services)
        subprocess.Popen(["sleep", "600"], start_new_session=True)

    def answer(self, question, *, now):
        self.asked += 1
        while self.asked > 3 and not Path({go_on!r}).exists():
            time.sleep(0.01)
        return question

    answer_visual = lambda self, question, *, image, now: self.answer(question, now=now)
"""


def without_latency(predictions: tuple[Prediction, ...]) -> list[dict[str, object]]:
    return [{**p.to_row(), "latency_ms": None} for p in predictions]


@pytest.mark.slow
def test_answers_do_not_depend_on_the_number_of_jobs(tmp_path: Path) -> None:
    one = hosted("bm25", tmp_path / "one", images="caption", limit=8).run()
    three = hosted("bm25", tmp_path / "three", images="caption", limit=8, jobs=3).run()
    assert len(one.predictions) > 70
    assert without_latency(one.predictions) == without_latency(three.predictions)
    lines = read_jsonl(tmp_path / "three" / "journal.jsonl", what="it")
    read = [row["conversation"] for _, row in lines if row["event"] == "ingest"]
    assert sorted(read) == [f"sample-{n:02}" for n in range(1, 11)]


ENDS = {
    "Ctrl-C": (signal.SIGINT, 130),
    "SIGTERM": (signal.SIGTERM, 143),
    "kill -9": (signal.SIGKILL, -9),
}


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("name", ENDS)
def test_however_a_run_ends_its_processes_end_and_it_can_go_on(
    name: str, tmp_path: Path, cli: Cli
) -> None:
    number, status = ENDS[name]
    spec = write_system(tmp_path, "slow", SLOW.format(go_on=str(tmp_path / "go-on")))
    command = ["run", spec, "--benchmark", "sample", "--split", "all", "--limit", "5"]
    command += ["--jobs", "2", "--out", "run"]
    process = subprocess.Popen(
        [sys.executable, "-m", "locomo_vqa", *command],
        cwd=tmp_path,
        env={**os.environ, "HOSTED_BY": str(tmp_path)},
        stderr=subprocess.PIPE,
    )
    journal = tmp_path / "run" / "journal.jsonl"
    while not journal.exists() or journal.read_text().count('"answer"') < 5:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=200)
    assert process.returncode == status
    assert wait_until_gone(str(tmp_path)) == []
    before = len(journal.read_text().splitlines())
    assert before > 1
    (tmp_path / "go-on").touch()
    assert cli(*command).returncode == 0
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    asked = [row["question_id"] for row in rows if row["event"] == "answer"]
    assert len(asked) == len(set(asked)) == 50
    assert {row.get("error") for row in rows} == {None}


def test_each_conversation_is_lent_its_own_services(tmp_path: Path) -> None:
    lent: dict[str, Services] = {}

    def open(self: object, conversation, workdir, services) -> None:  # type: ignore[no-untyped-def]
        lent[conversation.id] = services

    run = hosted(
        "bm25",
        tmp_path / "run",
        split="test",
        jobs=2,
        services_for=lambda name: Services(model=f"embedded:large?for={name}"),
    )
    own = harness(recorder(open=open), tmp_path / "run").system
    done = replace(run, system=own).run()
    assert {name: services.model for name, services in lent.items()} == {
        name: f"embedded:large?for={name}" for name in ("sample-09", "sample-10")
    }
    assert done.info["answerer"]["model"] is None

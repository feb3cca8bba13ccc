"""The command that serves a review: how it ends, and what is on the disk then."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.builders.questions.rows import QuestionRow, write_questions
from locomo_vqa.builders.review import read_decisions

from .asking import accept, request

COMMAND = "from locomo_vqa.builders.cli.review import review; review()"


@contextmanager
def _command(work: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command, and yield its process and the address it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--work", str(work), "--benchmark", "sample", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": ""},
    )
    assert process.stdout is not None and process.stderr is not None
    stream = process.stderr if "--json" in options else process.stdout
    try:
        found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{20,}/", stream.readline())
        assert found
        yield process, found[0]
    finally:
        process.kill()
        process.communicate(timeout=200)


@pytest.mark.slow
def test_what_was_saved_outlives_kill_9(work: Path, rows: list[QuestionRow]) -> None:
    ids = [row.id for row in rows[:20]]
    with _command(work, "--no-browser") as (process, url):
        for id in ids:
            assert accept(url, id).status == 200
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=200) == -signal.SIGKILL
    assert [each.id for each in read_decisions(work / "review.jsonl")] == ids
    with _command(work) as (_, url):
        assert list(request(url, "decisions").json()["decisions"]) == ids


@pytest.mark.slow
def test_ctrl_c_ends_with_what_was_done(work: Path, rows: list[QuestionRow]) -> None:
    with _command(work) as (process, url):
        assert accept(url, rows[0].id).status == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=200)
    assert process.returncode == 0
    assert "1 of 24 questions decided: 1 accepted, 0 corrected, 0 rejected." in out
    assert "Traceback" not in err


@pytest.mark.slow
def test_done_ends_with_json_for_a_machine(work: Path, rows: list[QuestionRow]) -> None:
    with _command(work, "--json") as (process, url):
        request(url, "decisions", {"id": rows[0].id, "decision": "reject"})
        assert request(url, "done", method="POST").status == 200
        out, _ = process.communicate(timeout=200)
    assert process.returncode == 0
    assert json.loads(out) == {
        "file": str(work / "review.jsonl"),
        "questions": 24,
        "accepted": 0,
        "corrected": 0,
        "rejected": 1,
        "open": 23,
        "set_aside": 0,
    }


@pytest.mark.slow
def test_decisions_on_other_words_are_said(work: Path, rows: list[QuestionRow]) -> None:
    with _command(work) as (_, url):
        assert accept(url, rows[0].id).status == 200
        assert accept(url, rows[1].id).status == 200
    write_questions(work / "questions.jsonl", [replace(rows[0], answer="moon"), *rows[1:]])
    with _command(work) as (process, url):
        listed = request(url, "questions").json()
        assert (list(listed["decisions"]), listed["set_aside"]) == ([rows[1].id], 1)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        out = process.stdout.read()  # With what was read ahead of the first line's end.
    assert "1 decision is set aside" in out
    assert f"Kept in {work / 'review.jsonl'}, not applied." in out
    assert "1 of 24 questions decided: 1 accepted" in out

"""Runs: every question gets a row, failures are states, and nothing is asked twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.files import read_jsonl
from locomo_vqa.runs import ImageMode, read_run
from locomo_vqa.schemas import validate
from locomo_vqa.system import Answer, ShownImage
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE, TEST, Recorder, harness, recorder


def test_every_question_has_a_row_and_files_fit_their_schemas(tmp_path: Path) -> None:
    own = recorder()
    done = harness(own, tmp_path / "run").run()
    assert [p.question_id for p in done.predictions] == [q.id for q in TEST]
    assert {p.state for p in done.predictions} == {"ok"}
    assert done.info["counts"] == {"total": len(TEST), "answered": len(TEST), "failed": 0}
    for number, row in read_jsonl(tmp_path / "run" / "journal.jsonl", what="it"):
        validate(row, "journal", path=tmp_path, place=str(number), remedy="")
    assert read_run(tmp_path / "run").predictions == done.predictions


def test_a_system_sees_the_conversation_and_nothing_else(tmp_path: Path) -> None:
    own = recorder()
    harness(own, tmp_path / "run", images="caption").run()
    test = [c for c in SAMPLE.conversations if c.split == "test"]
    turns = [turn for c in test for _, turn in c.turns()]
    assert [turn.text for turn in own.seen] == [turn.text for turn in turns]
    assert {turn.role for turn in own.seen} == {"user", "assistant"}
    shown = repr(own.seen) + repr([image for _, image in own.asked])
    assert "http" not in shown
    assert "query" not in shown
    locomo = (SAMPLE.folder.parent / "locomo.json").read_text(encoding="utf-8")
    queries = {
        turn["query"]
        for sample in json.loads(locomo)
        for session in sample["conversation"].values()
        if isinstance(session, list)
        for turn in session
        if "query" in turn
    }
    assert len(queries) > 50
    assert not [query for query in queries if query in shown]
    nows = {now for _, now in own.asked if hasattr(now, "year")}
    assert nows == {c.sessions[-1].time for c in test}


@pytest.mark.parametrize("images", ["pixels", "caption", "none"])
def test_images_are_shown_as_the_mode_says(images: ImageMode, tmp_path: Path) -> None:
    own = recorder()
    harness(own, tmp_path / "run", images=images).run()
    visual = [image for _, image in own.asked if image is None or isinstance(image, ShownImage)]
    in_turns = [image for turn in own.seen for image in turn.images]
    assert len(visual) == 90
    if images == "none":
        assert set(visual) == {None}
        assert in_turns == []
        return
    for image in [*visual, *in_turns]:
        assert isinstance(image, ShownImage)
        assert (image.path is not None) == (images == "pixels")
        assert (image.caption is not None) == (images == "caption")
        if image.path:
            assert image.media_type == "image/png"
            assert own.pixels[image.path].startswith(b"\x89PNG")


def fail_in(conversation: str, error: BaseException) -> dict[str, Any]:
    def add(self: Recorder, turns: Any) -> None:
        if turns[0].speaker in SAMPLE_SPEAKERS[conversation]:
            raise error

    return {"add": add}


SAMPLE_SPEAKERS = {c.id: c.speakers for c in SAMPLE.conversations}


@pytest.mark.parametrize("error", [RuntimeError("out of\nmemory \ud800"), SystemExit(3)])
def test_a_conversation_that_fails_costs_itself_only(error: BaseException, tmp_path: Path) -> None:
    done = harness(recorder(**fail_in("sample-09", error)), tmp_path / "run").run()
    states = {(p.question_id.split("/")[0], p.state) for p in done.predictions}
    assert states == {("sample-09", "not_ingested"), ("sample-10", "ok")}
    assert all(p.prediction is None and p.error for p in done.predictions if p.state != "ok")
    assert done.info["counts"]["failed"] == sum(q.conversation == "sample-09" for q in TEST)


ANSWERS: dict[str, tuple[Any, str, str | None]] = {
    "text": ("red", "ok", "red"),
    "nothing": ("", "empty", ""),
    "blanks": (" \n", "empty", " \n"),
    "a refusal": (Answer(text="I can't.", refused=True), "refused", None),
    "a number": (7, "error", None),
    "None": (None, "error", None),
    "a lone surrogate": ("x\ud800", "ok", "x\ufffd"),
    "ten megabytes": ("x" * 10_000_000, "error", None),
    "a timeout": (TimeoutError("60 s"), "timeout", None),
    "a crash": (KeyError("x"), "error", None),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_system_answers_is_a_state(name: str, tmp_path: Path) -> None:
    given, state, text = ANSWERS[name]

    def answer(self: Recorder, question: str, *, now: Any) -> Any:
        if isinstance(given, Exception):
            raise given
        return given

    done = harness(recorder(answer=answer), tmp_path / "run").run()
    rows = [p for p in done.predictions if "/t/" in p.question_id]
    assert {(p.state, p.prediction) for p in rows} == {(state, text)}
    assert all(p.error for p in rows) == (state in ("error", "timeout", "refused"))


def test_failures_are_asked_again_only_when_told(tmp_path: Path) -> None:
    broken = recorder(answer=lambda self, question, now: 1 / 0)
    harness(broken, tmp_path / "run").run()
    mended = recorder()
    assert harness(mended, tmp_path / "run").run().info["counts"]["failed"] == 38
    assert mended.asked == []
    done = harness(mended, tmp_path / "run").run(retry_failed=True)
    assert done.info["counts"] == {"total": 128, "answered": 128, "failed": 0}
    assert len(mended.asked) == 38
    lines = read_jsonl(tmp_path / "run" / "journal.jsonl", what="it")
    attempts = [row["attempt"] for _, row in lines if row["event"] == "answer"]
    assert (attempts.count(1), attempts.count(2)) == (128, 38)


def test_a_folder_of_another_run_is_refused(tmp_path: Path) -> None:
    harness(recorder(), tmp_path / "run").run()
    with pytest.raises(OutputError, match="its image_handling is 'pixels', not 'none'"):
        harness(recorder(), tmp_path / "run", images="none").run()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(OutputError, match="is not a run folder"):
        harness(recorder(), tmp_path / "other").run()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        harness(recorder(), tmp_path / "file").run()
    with pytest.raises(OutputError, match="can't be created"):
        harness(recorder(), tmp_path / "file" / "below").run()


@pytest.mark.slow
def test_two_processes_can_t_write_one_run(tmp_path: Path) -> None:
    def answer(self: Recorder, question: str, *, now: Any) -> str:
        with pytest.raises(OutputError, match="another process is writing"):
            harness(recorder(), tmp_path / "run").run()
        return "one"

    done = harness(recorder(answer=answer), tmp_path / "run").run()
    assert {p.state for p in done.predictions} == {"ok"}


def test_an_unfinished_or_edited_run_is_refused(tmp_path: Path) -> None:
    harness(recorder(), tmp_path / "run").run()
    predictions = tmp_path / "run" / "predictions.jsonl"
    text = predictions.read_text()
    predictions.write_text(text.replace("an answer", "a better answer"))
    with pytest.raises(InputError, match="was changed after the run"):
        read_run(tmp_path / "run")
    predictions.unlink()
    with pytest.raises(InputError, match="the run is not finished"):
        read_run(tmp_path / "run")
    harness(recorder(), tmp_path / "run").run()
    assert predictions.read_text() == text


SLOW_SYSTEM = """
import time
from locomo_vqa.evaluators.systems.bm25 import BM25

class Slow(BM25):
    def answer(self, question, *, now):
        time.sleep(0.004)
        return super().answer(question, now=now)
"""


WAITING_SYSTEM = """
import time
from pathlib import Path
from locomo_vqa.evaluators.systems.bm25 import BM25

class Slow(BM25):
    asked = 0

    def answer(self, question, *, now):
        self.asked += 1
        while self.asked > 10 and not Path({go_on!r}).exists():
            time.sleep(0.01)
        return super().answer(question, now=now)
"""


@contextmanager
def half_way(
    folder: Path, command: Sequence[str], **streams: Any
) -> Iterator[subprocess.Popen[str]]:
    """Run the system `slow:Slow` until some questions are answered; it goes on after the block."""
    (folder / "slow.py").write_text(WAITING_SYSTEM.format(go_on=str(folder / "go-on")))
    process = subprocess.Popen(
        [sys.executable, "-m", "locomo_vqa", *command], cwd=folder, text=True, **streams
    )
    journal = folder / "run" / "journal.jsonl"
    while not journal.exists() or journal.read_text().count('"answer"') < 5:
        assert process.poll() is None
        time.sleep(0.01)
    yield process
    (folder / "go-on").touch()


def without_latency(folder: Path) -> list[dict[str, Any]]:
    rows = read_jsonl(folder / "predictions.jsonl", what="it")
    return [{k: v for k, v in row.items() if k != "latency_ms"} for _, row in rows]


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_moment_goes_on(tmp_path: Path) -> None:
    """Ten times kill -9 after a random time: the same answers, no question asked twice."""
    (tmp_path / "slow.py").write_text(SLOW_SYSTEM)
    command = [sys.executable, "-m", "locomo_vqa", "run", "slow:Slow", "--benchmark", "sample"]
    rng = random.Random(0)
    kills = 0
    for _ in range(10):
        process = subprocess.Popen(
            [*command, "--split", "all", "--out", "killed"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        journal = tmp_path / "killed" / "journal.jsonl"
        deadline = time.monotonic() + 200
        while not journal.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.2))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 5
    for out in ("killed", "whole"):
        subprocess.run([*command, "--split", "all", "--out", out], cwd=tmp_path, check=True)
    assert without_latency(tmp_path / "killed") == without_latency(tmp_path / "whole")
    lines = read_jsonl(tmp_path / "killed" / "journal.jsonl", what="it")
    asked = [row["question_id"] for _, row in lines if row["event"] == "answer"]
    assert len(asked) == len(set(asked)) == len(questions_of(SAMPLE, "all"))


def test_a_line_cut_off_in_the_journal_is_asked_again(tmp_path: Path) -> None:
    harness(recorder(), tmp_path / "run").run()
    journal = tmp_path / "run" / "journal.jsonl"
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:-20])
    again = recorder()
    done = harness(again, tmp_path / "run").run()
    assert len(again.asked) == 1
    assert done.info["counts"]["answered"] == 128
    journal.write_bytes(b'{"event": "answer"}\n' + whole)
    with pytest.raises(InputError, match=r"journal\.jsonl: line 1"):
        harness(recorder(), tmp_path / "run").run()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished(tmp_path: Path, cli: Cli) -> None:
    command = ["run", "slow:Slow", "--benchmark", "sample", "--out", "run"]
    journal = tmp_path / "run" / "journal.jsonl"
    with half_way(tmp_path, command, stderr=subprocess.PIPE) as process:
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=200)
    assert process.returncode == 130
    assert "Finished work is kept" in stderr
    finished = len(journal.read_text().splitlines())
    assert finished > 1
    assert cli(*command).returncode == 0
    asked = [json.loads(line).get("question_id") for line in journal.read_text().splitlines()]
    questions = [question for question in asked if question]
    assert len(questions) == len(set(questions)) == 128


@pytest.mark.slow
def test_bm25_over_the_real_test_split(real_locomo: Path, tmp_path: Path, cli: Cli) -> None:
    assert cli("data", "import", real_locomo, "--out", "locomo").returncode == 0
    command = ["run", "bm25", "--benchmark", "locomo", "--split", "test", "--out", "run"]
    assert cli(*command).returncode == 0
    rows = without_latency(tmp_path / "run")
    assert len(rows) == len({row["question_id"] for row in rows}) == 400
    assert all(row["state"] == "ok" for row in rows)


def test_the_bundled_systems_load() -> None:
    assert load_system("bm25").name == "bm25"
    assert load_system("full-context").prompt_sha256


@pytest.mark.slow
def test_a_run_that_is_asked_to_end_ends_and_can_go_on(tmp_path: Path, cli: Cli) -> None:
    command = ["run", "slow:Slow", "--benchmark", "sample", "--out", "run"]
    journal = tmp_path / "run" / "journal.jsonl"
    with half_way(tmp_path, command) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=200) == 143
    assert cli(*command).returncode == 0
    asked = [json.loads(line) for line in journal.read_text().splitlines()]
    questions = [row["question_id"] for row in asked if row["event"] == "answer"]
    assert len(questions) == len(set(questions)) == 128
    assert {row.get("error") for row in asked} == {None}

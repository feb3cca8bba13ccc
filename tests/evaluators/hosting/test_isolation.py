"""What a system does beside answering: it ends, prints, forks, moves, and nothing comes of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import MissingResource, SystemLoadError
from locomo_vqa.evaluators.hosting.isolation import isolated_process_state
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.files import read_jsonl
from locomo_vqa.models.chat import ModelUnreachable
from locomo_vqa.runs import read_run
from locomo_vqa.system import Endpoint
from tests.conftest import Cli
from tests.evaluators.recording import Recorder, harness, recorder

LLM = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", api_key="none")


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


def raising(error: BaseException) -> Any:
    def method(self: Recorder, *args: Any, **options: Any) -> Any:
        raise error

    return method


ENDINGS: dict[str, tuple[BaseException, str]] = {
    "a cancelled task": (asyncio.CancelledError(), "CancelledError"),
    "a closed generator": (GeneratorExit(), "GeneratorExit"),
    "an exit": (SystemExit(0), "SystemExit"),
    "no words": (Mute(), "Mute: its message can't be shown"),
    "a number without digits": (ValueError(10**5000), "ValueError: its message can't"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("method", ["answer", "add", "close"])
def test_however_a_call_ends_the_run_goes_on(method: str, name: str, tmp_path: Path) -> None:
    error, words = ENDINGS[name]
    done = harness(recorder(**{method: raising(error)}), tmp_path / "run").run()
    reasons = {(p.state, words in (p.error or "")) for p in done.predictions if p.state != "ok"}
    expected = {"answer": {("error", True)}, "add": {("not_ingested", True)}, "close": set()}
    assert reasons == expected[method]


def test_ctrl_c_in_a_system_is_ctrl_c(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        harness(recorder(answer=raising(KeyboardInterrupt())), tmp_path / "run").run()


def lost_endpoint(self: Recorder, question: str, *, now: Any) -> str:
    try:
        raise ModelUnreachable("connection refused")
    except ModelUnreachable as error:
        raise RuntimeError("the memory can't think") from error


def test_only_a_lost_endpoint_stops_a_run(tmp_path: Path) -> None:
    database = recorder(answer=raising(ConnectionError("my database")))
    done = harness(database, tmp_path / "database", llm=LLM).run()
    assert done.info["counts"]["failed"] == 38
    lost = recorder(answer=lost_endpoint)
    assert harness(lost, tmp_path / "none").run().info["counts"]["failed"] == 38
    with pytest.raises(MissingResource, match="no longer answers"):
        harness(lost, tmp_path / "lost", llm=LLM).run()
    lines = read_jsonl(tmp_path / "lost" / "journal.jsonl", what="it")
    assert sum(row["event"] == "answer" for _, row in lines) == 3


def test_a_system_may_leave_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = []

    def answer_visual(self: Recorder, question: str, *, image: Any, now: Any) -> str:
        os.chdir("/")
        seen.append(image.path.read_bytes()[:4])
        return "red"

    done = harness(recorder(answer_visual=answer_visual), Path("run")).run()
    assert Path.cwd() == tmp_path
    assert set(seen) == {b"\x89PNG"}
    assert {p.state for p in done.predictions} == {"ok"}
    assert read_run(Path("run")).predictions == done.predictions


@pytest.mark.slow
def test_a_forked_child_ends_with_its_answer(tmp_path: Path) -> None:
    children = []

    def answer(self: Recorder, question: str, *, now: Any) -> str:
        child = os.fork()
        if child == 0:
            return "from the child"
        children.append(os.waitpid(child, 0)[1])
        return "from the parent"

    done = harness(recorder(answer=answer), tmp_path / "run").run()
    answers = [p.prediction for p in done.predictions if "/t/" in p.question_id]
    assert answers == ["from the parent"] * 38
    assert children == [0] * 38
    lines = read_jsonl(tmp_path / "run" / "journal.jsonl", what="it")
    asked = [row["question_id"] for _, row in lines if row["event"] == "answer"]
    assert len(asked) == len(set(asked)) == 128


NOISY = """
import os, subprocess
from locomo_vqa.evaluators.systems.bm25 import BM25

os.write(1, b"imported\\n")

class Noisy(BM25):
    def answer(self, question, *, now):
        print("printed")
        os.write(1, b"written\\n")
        subprocess.run(["echo", "started"], check=True)
        return super().answer(question, now=now)
"""


@pytest.mark.slow
def test_the_standard_output_is_the_command_s(tmp_path: Path, cli_process: Cli) -> None:
    (tmp_path / "noisy.py").write_text(NOISY)
    done = cli_process("run", "noisy:Noisy", "--benchmark", "sample", "--out", "run", "--json")
    assert json.loads(done.stdout)["counts"]["total"] == 128
    for words in ("imported", "printed", "written", "started"):
        assert words in done.stderr


@pytest.mark.slow
def test_a_closed_standard_output_is_no_hindrance(tmp_path: Path, cli_process: Cli) -> None:
    done = cli_process("run", "no-memory", "--benchmark", "sample", "--out", "run")
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *done.args[:-1], "again"]
    closed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" not in closed.stderr
    assert (tmp_path / "again" / "predictions.jsonl").is_file()


def test_output_is_given_back(capfd: pytest.CaptureFixture[str]) -> None:
    with isolated_process_state():
        os.write(1, b"inside")
    os.write(1, b"outside")
    assert capfd.readouterr() == ("outside", "inside")


MODULES: dict[str, tuple[str, str]] = {
    "that exits": ("import sys; sys.exit(0)", "can't be imported.*SystemExit: 0"),
    "whose hash is none": ('prompt_sha256 = "abc"', "prompt_sha256 is not a SHA-256"),
    "whose hash is a number": ("prompt_sha256 = 5", "prompt_sha256 is not a SHA-256"),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_system_that_can_t_be_recorded_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, message = MODULES[name]
    text = line if "import" in line else _class(line)
    module = "module_" + name.replace(" ", "_")
    (tmp_path / f"{module}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemLoadError, match=message):
        load_system(f"{module}:Own")


@pytest.mark.slow
def test_a_system_s_version_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli
) -> None:
    lines = ['version = "2\\ud800"', f'prompt_sha256 = "{"AB" * 32}"', "uses_model = False"]
    (tmp_path / "versioned.py").write_text(_class(*lines))
    monkeypatch.chdir(tmp_path)
    loaded = load_system("versioned:Own")
    assert (loaded.version, loaded.prompt_sha256) == ("2\ufffd", "ab" * 32)
    model = ("--model", "openai:http://127.0.0.1:9/v1?model=m")
    done = cli("run", "versioned:Own", "--benchmark", "sample", "--out", "run", *model)
    assert done.returncode == 2
    assert "doesn't use a model" in done.stderr
    assert not (tmp_path / "run").exists()


def _class(*lines: str) -> str:
    base = "from locomo_vqa.evaluators.systems.bm25 import BM25\nclass Own(BM25):\n"
    return base + "".join(f"    {line}\n" for line in lines)

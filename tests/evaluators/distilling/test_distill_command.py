"""`distill duomem` from end to end: a stub teaches, and a small real model learns."""

from __future__ import annotations

import json
import os
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.evaluators.systems.duomem.system import DuoMem
from locomo_vqa.files import read_jsonl
from locomo_vqa.locks import locked_folder
from locomo_vqa.models.chat import ChatRequest
from tests.conftest import Cli
from tests.evaluators.stub_endpoint import completion, stub_endpoint

from .scripted_teacher import reads

pytestmark = pytest.mark.filterwarnings("ignore")

SAMPLE = load_benchmark("sample")
FEW = {
    question.question: str(question.answer)
    for question in SAMPLE.text_questions
    if question.split == "train" and question.index < 4 and question.category != 5
}
"""What the teacher answers well."""


def teach(request: dict[str, Any]) -> tuple[int, Any]:
    text = request["messages"][0]["content"]
    known = (gold for question, gold in FEW.items() if f"Question: {question}\n" in text)
    return completion(reads(ChatRequest(text=text)) or next(known, "I do not know that."))


def invoke(*args: str) -> Any:
    """Give a command in this process, where torch is loaded already."""
    from click.testing import CliRunner

    from locomo_vqa.cli import cli as root

    return CliRunner().invoke(root, list(args))


@pytest.mark.slow
def test_a_student_is_taught_and_can_be_run(
    qwen2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    student = f"transformers:{qwen2}?threads=1&dtype=float32"
    command = ["distill", "duomem", "--benchmark", "sample", "--student", student, "--out", "out"]
    command += ["--rank", "2", "--epochs", "1", "--option", "window=12", "--option", "top_k=1"]
    with stub_endpoint(teach) as endpoint:
        command += ["--option", "prompts=reduced", "--teacher", endpoint.model]
        done = invoke(*command)
        assert done.exit_code == 0, done.output
        paid = len(endpoint.requests)
        again = invoke(*command, "--only", "answers", "--json")
        assert again.exit_code == 0, again.output
        assert len(endpoint.requests) == paid
    assert "out/validation.jsonl" in done.stdout
    out = tmp_path / "out"
    summary = json.loads((out / "answers.json").read_text())
    train = [q for q in SAMPLE.text_questions if q.split == "train"]
    assert summary["counts"]["asked"] == sum(q.category != 5 for q in train)
    assert len(FEW) <= summary["counts"]["kept"] < summary["counts"]["asked"]
    rows = [row for _, row in read_jsonl(out / "answers.jsonl", what="it")]
    assert all(row["question_id"].split("/")[0] in _of("train") for row in rows)
    training = json.loads((out / "adapter" / "training.json").read_text())
    assert training["settings"]["rank"] == 2
    assert training["examples"]["train"]["count"] == len(rows)
    assert json.loads(again.stdout)["answers"] == summary["counts"]

    next_line = next(line for line in done.stdout.splitlines() if line.startswith("Next: "))
    run = shlex.split(next_line.removeprefix("Next: "))
    assert run[:3] == ["locomo-vqa", "run", "duomem"]
    assert run[run.index("--model") + 1] == student
    given = [value for name, value in pairwise(run) if name == "--option"]
    options = dict(value.split("=", 1) for value in given)
    assert options == {
        "window": "12",
        "top_k": "1",
        "prompts": "reduced",
        "memories": "out/memories",
        "adapter": "out/adapter",
    }
    pinned = DuoMem.pin_options(options, student)
    assert pinned["adapter_sha256"]
    assert pinned["teacher"] == endpoint.model


def _of(split: str) -> set[str]:
    return {c.id for c in SAMPLE.conversations if c.split == split}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--student", "openai:http://127.0.0.1:1/v1?model=a"], "`student` openai:"),
        (["--option", "vision=embedded:large"], "the distillation has no option 'vision'"),
        (["--teacher", "nobody"], "is not a model's name"),
        (["--only", "answers"], "manifest.json not found"),
        (["--only", "adapter"], "the teacher's answers have not been made yet"),
        (["--threshold", "2"], "is not in the range"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_paid_for(
    changes: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["distill", "duomem", "--benchmark", "sample", "--out", "out"]
    command += ["--teacher", "openai:http://127.0.0.1:1/v1?model=a"]
    done = invoke(*command, "--student", "transformers:a/b", *changes)
    assert done.exit_code != 0
    assert message in f"{done.output} {done.exception}"
    assert not (tmp_path / "out" / "memories").exists()


@pytest.mark.slow
def test_a_teacher_that_is_not_there_is_one_sentence(tmp_path: Path, cli: Cli) -> None:
    command = ["distill", "duomem", "--benchmark", "sample", "--out", "out", "--only", "memories"]
    command += ["--student", "embedded:small", "--teacher", "openai:http://127.0.0.1:9/v1?model=a"]
    done = cli(*command)
    assert done.returncode == 2
    assert "no server answers" in done.stderr
    assert "--teacher" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="folders can't be locked")
def test_two_distillations_do_not_meet(tmp_path: Path) -> None:
    command = ["distill", "duomem", "--benchmark", "sample", "--out", str(tmp_path)]
    command += ["--student", "embedded:small", "--teacher", "openai:http://127.0.0.1:1/v1?model=a"]
    with locked_folder(tmp_path, busy="", remedy=""):
        done = invoke(*command, "--only", "memories")
    assert "another process is distilling into this folder" in str(done.exception)

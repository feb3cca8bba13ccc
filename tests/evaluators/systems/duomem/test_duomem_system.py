"""`duomem`: whose memories reach the prompt, who answers, what a run records, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.loading import load_system
from locomo_vqa.evaluators.memory import stage_models
from locomo_vqa.evaluators.memory.student import student_base
from locomo_vqa.evaluators.running.system_options import lend_options
from locomo_vqa.evaluators.running.view import ConversationView
from locomo_vqa.evaluators.systems.duomem.settings import duomem_settings
from locomo_vqa.evaluators.systems.duomem.system import DuoMem
from locomo_vqa.files import read_json, read_jsonl
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.system import Services
from tests.conftest import Cli
from tests.evaluators.memory.scripted import Scripted
from tests.evaluators.stub_endpoint import completion, stub_endpoint

from .folders import TEACHER, sha256, write_folder

SAMPLE = load_benchmark("sample")
CONVERSATION = next(c for c in SAMPLE.conversations if c.split == "validation")
TOLD = ("Marta keeps bees on the roof.", "Oscar sold his kayak.", "Marta's aunt is a pilot.")
SHOWING = ConversationView(SAMPLE, CONVERSATION, "pixels")


@pytest.fixture
def memories(tmp_path: Path) -> Path:
    """A teacher's memories of one conversation, none of which was ever said."""
    return write_folder(tmp_path / "memories", {CONVERSATION.id: TOLD}, [CONVERSATION])


@pytest.fixture
def student(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """A stub in the student's place."""

    def script(request: ChatRequest) -> str:
        if request.text.startswith("Note what"):
            return '{"facts": ["The student read this."]}'
        if request.text.startswith("Memories now"):
            return '{"memory": [{"id": "0", "event": "ADD", "text": "The student read this."}]}'
        return "bees"

    model = Scripted(script)
    monkeypatch.setattr(stage_models, "open_model", lambda name, **_: model)
    return model


def lend(**options: str) -> Services:
    """Return what a run would lend, after all checks."""
    return lend_options(Services(model="embedded:small"), load_system("duomem"), options)


def asked_after_reading(system: DuoMem, workdir: Path, services: Services) -> str:
    """Read the conversation, ask one question, and return the answer."""
    workdir.mkdir(exist_ok=True)
    system.open(SHOWING.info, workdir, services)
    for session in SHOWING.sessions():
        system.add(session)
    system.flush()
    said = system.answer("What does Marta keep?", now=SHOWING.now)
    system.close()
    return said.text


def test_the_student_answers_from_the_teachers_memories(
    memories: Path, student: Scripted, tmp_path: Path
) -> None:
    services = lend(memories=str(memories), top_k="2")
    assert asked_after_reading(DuoMem(), tmp_path / "work", services) == "bees"
    (request,) = student.requests
    assert request.text == (
        "- Marta keeps bees on the roof.\n- Marta's aunt is a pilot.\n"
        "Question: What does Marta keep?\nAnswer from these memories in as few words as possible:"
    )
    history = [row for _, row in read_jsonl(tmp_path / "work" / "memory.jsonl", what="it")]
    assert [(row["event"], row["text"]) for row in history] == [("ADD", text) for text in TOLD]
    recorded = read_json(tmp_path / "work" / "duomem.json", what="it")
    assert recorded["teacher"]["name"] == TEACHER
    assert recorded["memories_sha256"] == sha256((memories / "manifest.json").read_text())


def test_without_a_folder_the_student_makes_its_own(student: Scripted, tmp_path: Path) -> None:
    assert asked_after_reading(DuoMem(), tmp_path / "work", lend(window="12")) == "bees"
    starts = [request.text.split()[0] for request in student.requests]
    assert starts.count("Note") == 5
    assert student.requests[-1].text.startswith("- The student read this.\nQuestion: ")
    assert read_json(tmp_path / "work" / "duomem.json", what="it")["teacher"] is None


def test_a_conversation_that_the_teacher_never_read_is_an_error(
    memories: Path, student: Scripted, tmp_path: Path
) -> None:
    other = next(c for c in SAMPLE.conversations if c.split == "test")
    showing = ConversationView(SAMPLE, other, "pixels")
    with pytest.raises(InputError, match=f"no memories of the conversation {other.id}"):
        DuoMem().open(showing.info, tmp_path, lend(memories=str(memories)))
    assert not student.requests


def test_memories_of_other_words_are_refused(
    memories: Path, student: Scripted, tmp_path: Path
) -> None:
    system = DuoMem()
    system.open(SHOWING.info, tmp_path, lend(memories=str(memories)))
    sessions = list(SHOWING.sessions())
    changed = replace(sessions[-1][-1], text="Something else.")
    for session in [*sessions[:-1], (*sessions[-1][:-1], changed)]:
        system.add(session)
    with pytest.raises(InputError, match="were made from other turns"):
        system.flush()
    system.close()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), r"manifest\.json not found"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "is missing"),
        (lambda folder: (folder / f"{CONVERSATION.id}.jsonl").unlink(), "does not exist"),
        (
            lambda folder: (folder / f"{CONVERSATION.id}.jsonl").write_text(
                '{"id": "m1", "text": "Another.", "time": "2023-01-01T00:00:00", "turns": []}\n'
            ),
            "differs from its description in manifest",
        ),
    ],
)
def test_a_damaged_folder_is_refused(
    memories: Path,
    student: Scripted,
    tmp_path: Path,
    damage: Callable[[Path], Any],
    message: str,
) -> None:
    damage(memories)
    with pytest.raises(InputError, match=message):
        DuoMem().open(
            SHOWING.info,
            tmp_path,
            Services(model="embedded:small", options={"memories": str(memories)}),
        )


def test_memories_that_changed_since_are_refused(memories: Path, tmp_path: Path) -> None:
    pinned = lend(memories=str(memories)).options
    assert pinned["teacher"] == TEACHER
    other = write_folder(tmp_path / "other", {CONVERSATION.id: TOLD[:1]}, [CONVERSATION])
    with pytest.raises(InputError, match="does not have the expected SHA-256"):
        lend(memories=str(other), memories_sha256=pinned["memories_sha256"])
    with pytest.raises(InputError, match=f"were made by {TEACHER.replace('?', '[?]')}, not by you"):
        lend(memories=str(memories), teacher="you")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vision": "embedded:large"}, "duomem has no option 'vision'"),
        ({"teacher": "me"}, "teacher needs the option memories"),
        ({"adapter_sha256": "0"}, "adapter_sha256 needs the option adapter"),
        ({"top_k": "0"}, "must be a whole number"),
        ({"memories": "nowhere"}, "nowhere: manifest.json not found"),
        ({"adapter": "nowhere"}, "nowhere: has no expert"),
    ],
)
def test_options_are_checked(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        DuoMem.pin_options(options, "transformers:a/b")


@pytest.mark.parametrize(
    ("model", "reply_tokens", "top_k"),
    [("transformers:a/b", 512, 30), ("embedded:student", 200, 10)],
)
def test_every_student_gets_the_reduced_prompts(model: str, reply_tokens: int, top_k: int) -> None:
    settings = duomem_settings({}, model)
    assert settings.prompts == "reduced"
    assert (settings.reply_tokens, settings.top_k) == (reply_tokens, top_k)


@pytest.mark.slow
def test_a_run_records_the_teacher_and_says_what_is_missing(
    memories: Path, tmp_path: Path, cli: Cli
) -> None:
    command = ["run", "duomem", "--benchmark", "sample", "--option", "memories=memories"]
    command += ["--limit", "1", "--out", "run", "--split"]
    with stub_endpoint(lambda request: completion("bees")) as endpoint:
        done = cli(*command, "validation", "--model", endpoint.model, timeout=280)
        assert done.returncode == 0, done.stderr
        command[-2:] = ["other", "--split"]
        other = cli(*command, "test", "--model", endpoint.model, timeout=280)
        assert len(endpoint.requests) == 1
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    pinned = f"memories_sha256={sha256((memories / 'manifest.json').read_text())}"
    assert run["options"] == ["memories=memories", pinned, f"teacher={TEACHER}"]
    assert run["system"] == {"name": "duomem", "version": "1", "uses_images": False}
    assert other.returncode == 1
    rows = [row for _, row in read_jsonl(tmp_path / "other" / "predictions.jsonl", what="it")]
    assert {row["state"] for row in rows} == {"not_ingested"}
    assert all("has no memories of the conversation" in row["error"] for row in rows)
    assert all("locomo-vqa distill duomem" in row["error"] for row in rows)


def test_an_adapter_needs_a_student_in_this_process(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(
        '{"peft_type": "LORA", "init_lora_weights": true}'
    )
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="can't take adapters"):
        DuoMem.pin_options({"adapter": str(tmp_path)}, "openai:http://127.0.0.1:1/v1?model=a")


def test_an_embedded_student_is_its_own_checkpoint() -> None:
    base = student_base("embedded:small?threads=1")
    assert (base.scheme, base.shown) == ("transformers", "embedded:small?threads=1")
    assert base.options == {"dtype": "float32", "threads": "1"}
    config = json.loads((Path(base.target) / "config.json").read_text())
    assert config["architectures"] == ["InternVLForConditionalGeneration"]
    assert (Path(base.target) / "model.safetensors").is_file()

"""The teacher's memories: what is in the files, what is paid for once, what is refused."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import MissingResource, OutputError
from locomo_vqa.evaluators.distilling.teacher_memories import MadeMemories, make_memories
from locomo_vqa.evaluators.distilling.teacher_pipeline import Teacher
from locomo_vqa.evaluators.memory.memory_folder import read_memories
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.models.chat import (
    ChatReply,
    ChatRequest,
    ModelDenied,
    ModelFailed,
    ModelUnreachable,
)
from locomo_vqa.responses import ResponseStore, StoredModel
from tests.evaluators.stub_endpoint import completion, stub_endpoint
from tests.evaluators.systems.duomem.folders import turns_sha256

from .scripted_teacher import make_teacher, reads

SAMPLE = load_benchmark("sample")
TWO = replace(SAMPLE, conversations=SAMPLE.conversations[6:8])
SETTINGS = MemorySettings(prompts="reduced", window=12)


def make(folder: Path, teacher: Teacher, settings: MemorySettings = SETTINGS) -> MadeMemories:
    return asyncio.run(make_memories(TWO, teacher, settings, folder, progress=lambda *_: None))


def test_a_file_a_conversation_has_what_the_teacher_remembered(tmp_path: Path) -> None:
    teacher, model = make_teacher()
    made = make(tmp_path / "memories", teacher)
    assert (made.conversations, made.failed) == (2, {})
    manifest = json.loads((tmp_path / "memories" / "manifest.json").read_text())
    assert list(manifest["conversations"]) == [c.id for c in TWO.conversations]
    assert manifest["teacher"] == {"name": "scripted", "identity": {"backend": "scripted"}}
    assert manifest["dataset"]["revision"] == SAMPLE.revision
    for conversation in TWO.conversations:
        path = tmp_path / "memories" / f"{conversation.id}.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert {row["text"]: (row["time"], row["turns"]) for row in rows} == {
            f"{turn.speaker}: {turn.text}": (session.time.isoformat(), [turn.id])
            for session, turn in conversation.turns()
        }
        entry = manifest["conversations"][conversation.id]
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert entry["turns_sha256"] == turns_sha256(conversation)
        assert entry["memories"] == len(rows)
        assert entry["stages"]["extraction"]["calls"] == len(conversation.sessions)
    assert not any(request.images for request in model.requests)
    captions = [i.caption for c in TWO.conversations for _, t in c.turns() for i in t.images]
    asked = "\n".join(request.text for request in model.requests)
    assert any(captions)
    assert not any(caption in asked for caption in captions if caption)
    assert read_memories(tmp_path / "memories").of(TWO.conversations[0].id)[0].id == "m1"


def test_a_finished_conversation_is_not_read_again(tmp_path: Path) -> None:
    make(tmp_path / "memories", make_teacher()[0])
    before = (tmp_path / "memories" / "manifest.json").read_bytes()
    first, second = (c.id for c in TWO.conversations)
    kept = (tmp_path / "memories" / f"{first}.jsonl").stat().st_ino
    (tmp_path / "memories" / f"{second}.jsonl").write_text("")
    teacher, model = make_teacher()
    make(tmp_path / "memories", teacher)
    assert model.requests
    told = next(turn.text for _, turn in TWO.conversations[0].turns())
    assert not any(told in request.text for request in model.requests)
    assert (tmp_path / "memories" / f"{first}.jsonl").stat().st_ino == kept
    assert (tmp_path / "memories" / "manifest.json").read_bytes() == before


def test_memories_that_were_made_otherwise_are_left_alone(tmp_path: Path) -> None:
    make(tmp_path / "memories", make_teacher()[0])
    other, _ = make_teacher()
    with pytest.raises(OutputError, match=r"\(teacher: "):
        make(tmp_path / "memories", replace(other, name="another"))
    with pytest.raises(OutputError, match=r"settings: .*'window': 12.*'window': 6"):
        make(tmp_path / "memories", other, replace(SETTINGS, window=6))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.jsonl").write_text("")
    with pytest.raises(OutputError, match="is not a folder of memories"):
        make(tmp_path / "mine", other)


def test_a_failed_call_costs_its_conversation_until_it_is_asked_again(tmp_path: Path) -> None:
    first, second = TWO.conversations
    bad = next(turn.text for _, turn in second.turns())

    def fails(request: ChatRequest) -> ChatReply | str:
        if request.text.startswith("Note what") and bad in request.text:
            raise ModelFailed("too long")
        return reads(request) or "?"

    teacher, model = make_teacher()
    healthy, model.script = model.script, fails
    made = make(tmp_path / "memories", teacher)
    assert (made.conversations, dict(made.failed)) == (1, {second.id: "too long"})
    assert (tmp_path / "memories" / f"{first.id}.jsonl").is_file()
    assert not (tmp_path / "memories" / f"{second.id}.jsonl").exists()
    model.script = healthy
    assert make(tmp_path / "memories", teacher).conversations == 2


def test_a_teacher_that_is_gone_ends_it(tmp_path: Path) -> None:
    def gone(request: ChatRequest) -> str:
        raise ModelUnreachable("refused")

    teacher, model = make_teacher()
    model.script = gone
    with pytest.raises(MissingResource, match="The teacher does not answer"):
        make(tmp_path / "memories", teacher)


def test_a_teacher_that_refuses_every_request_ends_it(tmp_path: Path) -> None:
    def refuses(request: ChatRequest) -> str:
        raise ModelDenied("the endpoint failed: Wrong key")

    teacher, model = make_teacher()
    model.script = refuses
    with pytest.raises(MissingResource, match=r"refuses every request .*Wrong key"):
        make(tmp_path / "memories", teacher)


def test_only_what_could_not_be_read_is_asked_anew(tmp_path: Path) -> None:
    bad = next(turn.text for _, turn in TWO.conversations[1].turns())

    def babbles(request: ChatRequest) -> str:
        if request.text.startswith("Note what") and bad in request.text:
            return "I would rather not say."
        return reads(request) or "?"

    teacher, model = make_teacher()
    healthy, model.script = model.script, babbles
    with ResponseStore(tmp_path / "responses.sqlite") as store:
        for script, unreadable in ((babbles, 1), (babbles, 1), (healthy, None), (healthy, None)):
            model.script, before = script, len(model.requests)
            stored = StoredModel(model, store)
            made = make(tmp_path / "memories", replace(teacher, model=stored))
            assert made.conversations == 2
            manifest = json.loads((tmp_path / "memories" / "manifest.json").read_text())
            entry = manifest["conversations"][TWO.conversations[1].id]
            assert entry.get("unreadable") == unreadable
            asked = model.requests[before:]
            if before:
                assert all(bad in r.text or r.text.startswith("Memories now") for r in asked)
                assert stored.renewed == (len(asked) if unreadable else min(1, len(asked)))
    assert asked == []


@pytest.mark.slow
def test_kill_9_pays_for_nothing_twice(tmp_path: Path) -> None:
    """The stub ends its client while the third conversation is being read."""
    sessions = [len(conversation.sessions) for conversation in SAMPLE.conversations]
    kill_at = 2 * sum(sessions[:2]) + 5
    process: list[subprocess.Popen[str]] = []
    seen: list[str] = []

    def respond(request: dict[str, Any]) -> tuple[int, Any]:
        text = request["messages"][0]["content"]
        seen.append(text)
        if len(seen) == kill_at:
            os.kill(process[0].pid, signal.SIGKILL)
        return completion(reads(ChatRequest(text=text)))

    with stub_endpoint(respond) as endpoint:
        command = [sys.executable, "-m", "locomo_vqa", "distill", "duomem", "--only", "memories"]
        command += ["--benchmark", "sample", "--student", "embedded:small", "--out", "out"]
        command += ["--teacher", f"{endpoint.model}&in_flight=1"]
        command += ["--option", "window=12", "--option", "prompts=reduced"]
        for status in (-signal.SIGKILL, 0):
            process[:] = [
                subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
            ]
            _, errors = process[0].communicate(timeout=240)
            assert process[0].returncode == status, errors
            if status:
                files = {path.name: path.read_bytes() for path in tmp_path.glob("out/*/*.jsonl")}
                assert sorted(files) == [f"{c.id}.jsonl" for c in SAMPLE.conversations[:2]]
    assert len(seen) == 2 * sum(sessions) + 1
    again = {text for text in seen if seen.count(text) > 1}
    assert again == {seen[kill_at - 1]}
    for name, content in files.items():
        assert (tmp_path / "out" / "memories" / name).read_bytes() == content
    assert len(list(tmp_path.glob("out/memories/*.jsonl"))) == len(sessions)

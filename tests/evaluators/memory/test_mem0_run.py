"""mem0 end to end on a conversation of the sample, over a scripted stub of an endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.evaluators.memory.store import MemoryStore
from locomo_vqa.files import read_json, read_jsonl
from tests.conftest import Cli
from tests.evaluators.stub_endpoint import completion, stub_endpoint

RUN = ("run", "mem0", "--benchmark", "sample", "--split", "validation", "--out", "run")
TURNS = (11, 12, 12, 12, 12)
"""Turns of the five sessions of the sample's validation conversation."""


def script(request: dict[str, Any]) -> tuple[int, Any]:
    """Every turn is a fact, every fact is added, and the first memory is the answer."""
    text = request["messages"][0]["content"]
    if text.startswith("Note what"):
        return completion(json.dumps({"facts": text.split("\n")[2:]}))
    if text.startswith("Memories now"):
        facts = json.loads(text.split("\n")[1].removeprefix("New facts: "))
        added = [{"id": "new", "event": "ADD", "text": fact} for fact in facts]
        return completion(json.dumps({"memory": added}))
    return completion(text.split("\n")[0].removeprefix("- "))


@pytest.mark.slow
def test_a_conversation_is_read_remembered_and_asked_about(tmp_path: Path, cli: Cli) -> None:
    options = ("--option", "prompts=reduced", "--option", "top_k=3")
    with stub_endpoint(script) as endpoint:
        done = cli(*RUN, "--model", endpoint.model, *options)
        assert done.returncode == 0, done.stderr
        again = cli(*RUN, "--model", endpoint.model)
        assert again.returncode == 2
        assert "options" in again.stderr
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["options"] == ["prompts=reduced", "top_k=3"]
    assert len(run["answerer"]["prompt_sha256"]) == 64
    assert run["system"] == {"name": "mem0", "version": "1", "uses_images": False}

    windows = sum(-(-turns // 2) for turns in TURNS)
    asked = {"extraction": windows, "update": windows, "generation": 61}
    by_stage = run["calls"]["by_stage"]
    assert {stage: tally["calls"] for stage, tally in by_stage.items()} == asked
    work = tmp_path / "run" / "work" / "sample-08"
    stages = read_json(work / "stages.json", what="it")
    assert {stage: tally["calls"] for stage, tally in stages["stages"].items()} == asked
    assert stages["stages"]["update"]["input_tokens"] == 7 * windows
    assert stages["stages"]["update"]["output_tokens_a_call"] == 2
    assert stages["settings"]["prompts"] == "reduced"
    assert stages["anomalies"] == {}
    assert stages["kept"] == {"facts": 0, "windows": 0}

    conversation = next(c for c in load_benchmark("sample").conversations if c.id == "sample-08")
    told = {f"{turn.speaker}: {turn.text}": turn.id for _, turn in conversation.turns()}
    history = [row for _, row in read_jsonl(work / "memory.jsonl", what="it")]
    memories = MemoryStore.replay(history).memories.values()
    assert {memory.text: memory.turns for memory in memories} == {
        text: (turn,) for text, turn in told.items()
    }
    rows = [row for _, row in read_jsonl(tmp_path / "run" / "predictions.jsonl", what="it")]
    assert {row["state"] for row in rows} == {"ok"}
    assert all(len(row["retrieved"]) == 3 for row in rows)
    assert all(row["retrieved"][0]["text"] == row["prediction"] for row in rows)
    scores = [[hit["score"] for hit in row["retrieved"]] for row in rows]
    assert all(each == sorted(each, reverse=True) for each in scores)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("top_k=0", "must be a whole number from 1"),
        ("top_k=٣", "must be a whole number from 1"),
        ("prompts=short", "must be one of long, reduced"),
        ("vision=gpt", "is not a model's name"),
        ("embedder=embedded:large", "is not an endpoint's name"),
        ("shared_images=describe", "needs a model that describes images"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(option: str, message: str) -> None:
    name, _, value = option.partition("=")
    with pytest.raises(InputError, match=message):
        MemorySettings.from_options({name: value}, model="embedded:text-large")


@pytest.mark.slow
def test_wrong_options_are_refused_before_anything_is_written(tmp_path: Path, cli: Cli) -> None:
    model = ("--model", "embedded:small")
    done = cli(*RUN, *model, "--option", "topk=3")
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "--option: mem0 has no option 'topk'. Did you mean 'top_k'? Its options are" in said
    assert "must have the form NAME=VALUE" in cli(*RUN, *model, "--option", "top_k").stderr
    twice = cli(*RUN, *model, "--option", "window=2", "--option", "window=3")
    assert "given twice" in twice.stderr
    assert "bm25 has no options" in cli("run", "bm25", *RUN[2:], "--option", "window=2").stderr
    assert not (tmp_path / "run").exists()

"""The golden examples of what distillation writes are read; a schema refuses what is broken."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.distilling.examples import read_examples
from locomo_vqa.evaluators.distilling.lora_fit import read_training
from locomo_vqa.evaluators.memory.memory_folder import read_memories
from locomo_vqa.schemas import validate
from tests.conftest import ROOT

GOLDEN = ROOT / "tests" / "golden" / "distilled"
FILES = {
    "teacher_memories": "memories/manifest.json",
    "teacher_answers": "answers.json",
    "lora_training": "adapter/training.json",
}


def load(name: str) -> Any:
    return json.loads((GOLDEN / FILES[name]).read_text())


def test_memories_are_read() -> None:
    memories = read_memories(GOLDEN / "memories")
    assert memories.teacher == "openai:http://127.0.0.1:23333/v1?model=NAME"
    first, second = memories.of("conv-26")
    assert (first.id, first.turns) == ("m1", ("D1:3",))
    assert second.time == datetime(2023, 5, 25, 13, 14)
    assert second.text == "Melanie paints. Before: she had no time to paint."


def test_answers_are_read() -> None:
    replies = [example.reply for example in read_examples(GOLDEN / "answers.jsonl")]
    assert replies == ["7 May 2023", "a support group"]
    (gold,) = read_examples(GOLDEN / "validation.jsonl")
    assert gold.reply == "Caroline"
    validate(load("teacher_answers"), "teacher_answers", path=GOLDEN, remedy="")


def test_a_training_is_read() -> None:
    assert read_training(GOLDEN / "adapter")["best_epoch"] == 2


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("teacher_memories", lambda v: v.update(schema_version=2)),
        ("teacher_memories", lambda v: v["conversations"]["conv-26"].pop("turns_sha256")),
        ("teacher_answers", lambda v: v["dataset"].update(split="test")),
        ("teacher_answers", lambda v: v["success"].update(threshold=2)),
        ("lora_training", lambda v: v.update(epochs=[])),
        ("lora_training", lambda v: v["settings"].pop("seed")),
    ],
)
def test_what_is_broken_is_refused(name: str, change: Callable[[Any], object]) -> None:
    value = copy.deepcopy(load(name))
    validate(value, name, path=Path("it"), remedy="")
    change(value)
    with pytest.raises(InputError, match="it: "):
        validate(value, name, path=Path("it"), remedy="")

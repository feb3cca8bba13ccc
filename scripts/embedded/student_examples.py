"""What the student is asked in training, and its bad habits.

A small model that follows instructions loosely is what MemLoRA's experts start from, so the student
is taught to be one. Of every three examples, two have the reply of a careless model: an extraction
repeats what was said, an update adds every fact, an answer repeats a whole memory, and what should
be one word about a number or a colour in an image is a sentence.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace

from locomo_vqa.builders.sample.scenes import Scene
from scripts.embedded.text_conversations import TextExample
from scripts.embedded.text_examples import NO_ANSWER, training_examples
from scripts.embedded.training_turns import TrainingTurn, training_turns

__all__ = ["CARELESS", "careless_reply", "student_examples", "student_turns"]

CARELESS = 0.65
"""The share of examples with a careless reply."""

_IN_SENTENCES = ("colour", "count", "unusual-count")
"""The types of questions about images that get sentences."""


def student_examples(rng: random.Random) -> Iterator[TextExample]:
    """Yield the training examples of one new conversation."""
    for example in training_examples(rng):
        careless = rng.random() < CARELESS
        yield replace(example, reply=careless_reply(example)) if careless else example


def student_turns(scene: Scene, rng: random.Random) -> list[TrainingTurn]:
    """Return the turns about an image in which the student answers."""
    turns = [turn for turn in training_turns(scene, rng) if turn.asks is not None]
    return [
        replace(turn, reply=f"It is {turn.reply}.")
        if turn.asks in _IN_SENTENCES and rng.random() < CARELESS
        else turn
        for turn in turns
    ]


def careless_reply(example: TextExample) -> str:
    """Return what a careless model replies; the right reply where it has nothing to repeat."""
    lines = example.prompt.split("\n")
    if example.stage == "extraction":
        said = lines[2:] if json.loads(example.reply)["facts"] else []
        return json.dumps({"facts": said}, ensure_ascii=False)
    if example.stage == "update":
        facts = json.loads(lines[1].removeprefix("New facts: "))
        added = [{"event": "ADD", "text": fact, "id": "new"} for fact in facts]
        return json.dumps({"memory": added}, ensure_ascii=False)
    answer = example.reply.strip()
    memories = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
    found = [each for each in memories if answer != NO_ANSWER and answer.lower() in each.lower()]
    return f" {found[0]}" if found else example.reply

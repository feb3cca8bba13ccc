"""The rows that `benchmarks.duomem_adapter` measures."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from locomo_vqa.evaluators.distilling.examples import Example
from locomo_vqa.evaluators.distilling.lora_settings import LoraSettings

TEACHER = "embedded:text-large?threads=1"
STUDENT = "embedded:student?threads=1"
KNOWING = "knowing"
"""A student that `benchmarks.duomem_students` makes: it knows more than it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: a student, what it learned, and whose memories it answers from."""

    name: str
    student: str = STUDENT
    base: str | None = "student"
    """The row to compare with."""
    targets: Literal["good", "all", "gold", "drawn"] | None = "good"
    """What the adapter learns: the teacher's good answers, all of them, the gold answers, or gold
    answers over newly drawn memories; None for a student without an adapter."""
    count: int | None = None
    """The number of examples; None for all."""
    lora: LoraSettings = field(default_factory=LoraSettings)
    adapter: str | None = None
    """The row whose adapter is used."""
    own_memories: bool = False
    """Whether the student answers from its own memories."""
    seen: bool = False
    """Whether it answers the questions that it was trained on."""

    def choose(self, examples: list[Example]) -> list[Example]:
        """Return as many of the examples as the row learns from."""
        if self.count is None:
            return examples
        random.Random(0).shuffle(examples)
        return examples[: self.count]


ROWS = (
    Row(name="student", targets=None, base=None),
    Row(name="teacher", student=TEACHER, targets=None),
    Row(name="adapter"),
    Row(name="seen questions", adapter="adapter", seen=True, base=None),
    Row(name="gold answers", targets="gold"),
    Row(name="no threshold", targets="all"),
    Row(name="83 examples", count=83, lora=LoraSettings(epochs=20)),
    Row(name="2,600 gold examples", targets="drawn", count=2600),
    Row(name="learning rate 0.001", lora=LoraSettings(learning_rate=1e-3)),
    Row(name="learning rate 0.003", lora=LoraSettings(learning_rate=3e-3)),
    Row(name="query and value", lora=LoraSettings(targets="query-value")),
    Row(name="own memories", targets=None, own_memories=True, base=None),
    Row(name="own memories adapter", adapter="adapter", own_memories=True, base="own memories"),
    Row(name="knowing student", student=KNOWING, targets=None, base=None),
    Row(
        name="knowing student adapter",
        student=KNOWING,
        base="knowing student",
        count=166,
        lora=LoraSettings(learning_rate=1e-3, epochs=3),
    ),
)

"""Training examples: prompts with the expected replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.files import canonical_json, read_jsonl, sha256_text
from locomo_vqa.schemas import validate

__all__ = ["Example", "hash_examples", "read_examples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One prompt with its reply."""

    prompt: str
    """The user's turn."""
    reply: str
    """The model's turn."""


def hash_examples(examples: Sequence[Example]) -> str:
    """Return a SHA-256 hash of the examples, which depends on their order."""
    rows = [canonical_json([example.prompt, example.reply]) for example in examples]
    return sha256_text("\n".join(rows))


def read_examples(path: Path) -> list[Example]:
    """Return the examples in a file of teacher answers.

    Raises:
        InputError: the file can't be read, or a line has the wrong fields.
    """
    examples = []
    for number, row in read_jsonl(path, what="the file of examples"):
        place = f"line {number}"
        validate(row, "teacher_answer", path=path, place=place, remedy="Create the file again.")
        examples.append(Example(prompt=row["prompt"], reply=row["reply"]))
    return examples

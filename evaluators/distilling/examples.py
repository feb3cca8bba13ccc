"""Training examples: prompts with the expected replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.files import canonical_json, read_jsonl, sha256_file, sha256_text
from locomo_vqa.schemas import validate

__all__ = ["Example", "hash_examples", "read_examples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One prompt with its reply."""

    prompt: str
    """The user's turn."""
    reply: str
    """The model's turn."""
    image: Path | None = None
    """The file of the image before the prompt."""


def hash_examples(examples: Sequence[Example]) -> str:
    """Return a SHA-256 hash of the examples, which depends on their order."""
    rows = [canonical_json(_parts(example)) for example in examples]
    return sha256_text("\n".join(rows))


def _parts(example: Example) -> list[str]:
    image = [] if example.image is None else [sha256_file(example.image)]
    return [example.prompt, example.reply, *image]


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

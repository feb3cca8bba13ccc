"""Checks a benchmark's content: its manifest, references, splits and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark.loaded import Benchmark
from locomo_vqa.benchmark.types import Split, TextQuestion, VisualQuestion
from locomo_vqa.errors import InputError

__all__ = ["MAKE_AGAIN", "check_content", "check_manifest"]

MAKE_AGAIN = "Restore the file, or make the folder again with `locomo-vqa data import`."
"""The remedy for a folder that was damaged or changed."""


def check_manifest(
    path: Path,
    manifest: Mapping[str, Any],
    *,
    revision: str,
    splits: Mapping[str, Sequence[str]],
) -> None:
    """Check what a manifest says about its files: their revision and their splits.

    Raises:
        InputError: it does not match.
    """
    if revision != manifest["revision"]:
        raise InputError(f"{path}: its revision does not match the content.", MAKE_AGAIN)
    for split, held in splits.items():
        if manifest["splits"][split] != held:
            names = ", ".join(held) or "no conversation"
            raise InputError(
                f"{path}: its split {split} does not match conversations.jsonl, where it has "
                f"{names}.",
                MAKE_AGAIN,
            )


def check_content(benchmark: Benchmark, *, images_apart: bool = True) -> None:
    """Check that every reference has its target, that splits are apart, and that images exist.

    Unless `images_apart`, two splits may ask about one image.

    Raises:
        InputError: a check fails.
    """
    _check_references(benchmark)
    _check_splits(benchmark)
    if images_apart:
        _check_images_apart(benchmark)
    _check_images(benchmark)


def _check_splits(benchmark: Benchmark) -> None:
    """Check that no conversation is in two splits, and that its questions are in its own."""
    splits: dict[str, Split] = {}
    for conversation in benchmark.conversations:
        if conversation.id in splits:
            raise _shared(benchmark, f"the conversation {conversation.id} occurs twice")
        splits[conversation.id] = conversation.split
    questions: tuple[TextQuestion | VisualQuestion, ...] = benchmark.text_questions
    for question in (*questions, *benchmark.visual_questions):
        split = splits[question.conversation]
        if question.split != split:
            raise _shared(
                benchmark,
                f"question {question.id} is in the split {question.split}, and its conversation "
                f"in {split}",
            )


def _check_images_apart(benchmark: Benchmark) -> None:
    of_image: dict[str, VisualQuestion] = {}
    for question in benchmark.visual_questions:
        first = of_image.setdefault(question.image, question)
        if first.split != question.split:
            raise _shared(
                benchmark,
                f"{first.id} ({first.split}) and {question.id} ({question.split}) are about one "
                "image",
            )


def _shared(benchmark: Benchmark, problem: str) -> InputError:
    return InputError(
        f"{benchmark.folder}: {problem}, so that splits would not be apart.",
        "Make the folder again with `locomo-vqa build`, which keeps splits apart.",
    )


def _check_references(benchmark: Benchmark) -> None:
    known = {c.id: {turn.id for _, turn in c.turns()} for c in benchmark.conversations}
    ids: set[str] = set()
    questions: list[TextQuestion | VisualQuestion] = [*benchmark.text_questions]
    questions += benchmark.visual_questions
    for question in questions:
        problem = None
        if question.id in ids:
            problem = "its id is used twice"
        elif question.conversation not in known:
            problem = f"its conversation {question.conversation} is missing"
        elif isinstance(question, VisualQuestion):
            if question.turn not in known[question.conversation]:
                problem = f"its turn {question.turn} is missing"
            elif question.image not in benchmark._formats:
                problem = "its image is not in images.jsonl"
        if problem:
            raise InputError(f"{benchmark.folder}: question {question.id}: {problem}.", MAKE_AGAIN)
        ids.add(question.id)


def _check_images(benchmark: Benchmark) -> None:
    """Check that every image exists and has the recorded size; `read_image` checks the content."""
    for record in benchmark.images:
        if record.sha256 is None:
            continue
        path = benchmark.image_path(record.sha256)
        size = path.stat().st_size if path.is_file() else None
        if size is None or record.bytes not in (None, size):
            problem = (
                "is missing" if size is None else "does not have the size that images.jsonl says"
            )
            raise InputError(f"{path}: {problem}.", MAKE_AGAIN)

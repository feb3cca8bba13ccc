"""Checks what later stages of a distillation need, before the teacher is asked for anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from locomo_vqa.benchmark import SPLITS, Benchmark, Split, TextQuestion
from locomo_vqa.errors import InputError
from locomo_vqa.models.expert_fit import check_fit, check_peft
from locomo_vqa.models.names import ModelName

__all__ = ["check_before_data", "check_splits", "check_trainable", "has_gold"]


def check_before_data(
    benchmark: Benchmark, base: ModelName, stages: Sequence[str], *, trains: bool
) -> None:
    """Check what MemLoRA's data needs and, if it `trains`, what training and tests need.

    Raises:
        InputError: a split lacks questions, or the base model does not see images.
        MissingResource: a package or the base model is not on this machine.
    """
    check_splits(benchmark, SPLITS if trains else SPLITS[:2], stages)
    if trains:
        check_trainable(base, sees="vision" in stages)


def check_trainable(base: ModelName, *, sees: bool) -> None:
    """Check that an adapter can be trained here; with `sees`, for a model that sees images.

    Only the base model's configuration is read.

    Raises:
        InputError: the base model does not see images.
        MissingResource: a package or the base model is not on this machine.
    """
    check_peft()
    try:
        check_fit(base, (), sees=sees)
    except InputError as error:
        raise InputError(error.message, f"{error.remedy} Or leave out the stage vision.") from None


def check_splits(benchmark: Benchmark, splits: Iterable[Split], stages: Sequence[str]) -> None:
    """Check that each split has conversations, and the questions that the stages need.

    Raises:
        InputError: a split lacks them.
    """
    for split in splits:
        if not any(each.split == split for each in benchmark.conversations):
            raise _lacks(benchmark, split, "conversations")
        text = any(each.split == split and has_gold(each) for each in benchmark.text_questions)
        if "generation" in stages and not text:
            raise _lacks(benchmark, split, "text questions with a gold answer")
        visual = any(each.split == split for each in benchmark.visual_questions)
        if "vision" in stages and not visual:
            raise _lacks(benchmark, split, "visual questions")


def has_gold(question: TextQuestion) -> bool:
    """Return whether a text question has a gold answer; adversarial ones (category 5) don't."""
    return question.category != 5 and question.answer is not None


def _lacks(benchmark: Benchmark, split: Split, what: str) -> InputError:
    return InputError(
        f"{benchmark.name}: the {split} split has no {what}.",
        "Use a `benchmark` whose splits have them, or leave out the stage that needs them.",
    )

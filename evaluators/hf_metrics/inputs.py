"""Checks the predictions and gold answers that `evaluate` passes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from locomo_vqa.errors import InputError

from ..metrics.base import Pair

__all__ = ["Inputs", "read_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Answers and gold answers, with the missing answers set apart."""

    n: int
    """The number of questions, including those without an answer: the denominator."""
    places: tuple[int, ...]
    """The indexes of the questions whose answer is not blank."""
    pairs: tuple[Pair, ...]
    """The answer and gold answer of each of these questions."""

    @property
    def missing(self) -> int:
        """The number of questions with no answer, or a blank one."""
        return self.n - len(self.pairs)

    @property
    def mean_words(self) -> float | None:
        """The mean length of the given answers, in words."""
        if not self.pairs:
            return None
        return sum(len(answer.split()) for answer, _ in self.pairs) / len(self.pairs)


def read_inputs(predictions: Sequence[str | None], references: Sequence[str | None]) -> Inputs:
    """Pair answers with gold answers; `evaluate` has checked that both have the same length.

    Raises:
        InputError: a gold answer is missing or blank.
    """
    places, pairs = [], []
    for place, (answer, gold) in enumerate(zip(predictions, references, strict=True)):
        if gold is None or not gold.strip():
            raise InputError(
                f"`references`: number {place} (from 0) is blank, so it is not a gold answer.",
                "Leave out questions without a gold answer, such as LoCoMo's adversarial ones.",
            )
        if answer is not None and answer.strip():
            places.append(place)
            pairs.append((answer, gold))
    return Inputs(n=len(references), places=tuple(places), pairs=tuple(pairs))

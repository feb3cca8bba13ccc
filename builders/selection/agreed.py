"""The validator's error among the questions that a verifier agrees with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo_vqa.benchmark import QuestionType
from locomo_vqa.intervals import wilson_interval

__all__ = ["AgreedResult", "agreed_result", "order_remark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedResult:
    """The validator's results on the agreed questions of one type."""

    n: int
    """The number of agreed questions that it answered."""
    errors: int
    """How many of these it answered wrong."""
    error_rate: float | None
    """Their proportion; None without any."""
    low: float | None
    """Lower end of the 95 % Wilson interval over images."""
    high: float | None
    """Upper end."""


def agreed_result(outcomes: Mapping[str, bool]) -> AgreedResult:
    """Return the results on agreed questions, from whether the validator erred, by image."""
    n, errors = len(outcomes), sum(outcomes.values())
    low, high = wilson_interval(errors, n) if n else (None, None)
    return AgreedResult(
        n=n, errors=errors, error_rate=errors / n if n else None, low=low, high=high
    )


def order_remark(
    chosen: Sequence[QuestionType], otherwise: Sequence[QuestionType], *, by_agreed: bool
) -> str | None:
    """Return a sentence if the other way of counting chooses differently; None if it doesn't.

    Args:
        chosen: the chosen types, hardest first.
        otherwise: those that the other way would choose.
        by_agreed: whether the agreed questions alone decided.
    """
    if list(chosen) == list(otherwise):
        return None
    where = "Over all questions" if by_agreed else "Among agreed questions alone"
    listed = ", ".join(otherwise)
    if set(chosen) == set(otherwise):
        return f"{where}, the same types are the hardest, in another order: {listed}."
    missing = ", ".join(type for type in chosen if type not in otherwise)
    return (
        f"HARD, OR WRONG? {where}, the choice would be {listed}: part of the error on {missing} "
        "comes from questions that the verifier does not agree with."
    )

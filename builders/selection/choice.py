"""Chooses the question types that are hardest for the validator, and measures how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import comb
from statistics import fmean
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.html_table import html_table
from locomo_vqa.intervals import wilson_interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

__all__ = ["MIN_QUESTIONS", "Selection", "TypeResult", "select_types"]

MIN_QUESTIONS = 5
"""A type with fewer answered questions is never chosen: too little is known about it."""
RESAMPLES = 2000
"""The number of bootstrap samples of images behind `Selection.stability`."""

Outcomes = Mapping[QuestionType, Mapping[str, bool]]
"""By type, then by image: whether the validator erred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeResult:
    """The validator's results on one type."""

    type: QuestionType
    n: int
    """The number of questions that it answered, one per image."""
    errors: int
    """How many of these it answered wrong."""
    error_rate: float | None
    """Their proportion; None without any."""
    low: float | None
    """Lower end of the 95 % Wilson interval over images."""
    high: float | None
    """Upper end."""
    declined: int
    """The number of images that don't suit the type, according to the generator."""
    lost: int
    """The number of images for which the generator or the validator gave nothing usable."""
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The chosen types."""

    results: tuple[TypeResult, ...]
    """All types, hardest first."""
    stability: float
    """Share of bootstrap samples of the images in which the same types are chosen.

    Where types tie for the last places in a sample, each choice among them counts equally.
    """
    remarks: tuple[str, ...]
    """Remarks for people: ties, overlapping intervals, types without questions."""

    def __repr__(self) -> str:
        chosen = ", ".join(self.types) or "nothing"
        return f"<Selection of {chosen}; stability {self.stability:.0%}>"

    @property
    def types(self) -> tuple[QuestionType, ...]:
        """The chosen types, hardest first."""
        return tuple(result.type for result in self.results if result.selected)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Selection:
        """Return the selection that `to_json` wrote."""
        return cls(
            results=tuple(TypeResult(**result) for result in value["results"]),
            stability=value["stability"],
            remarks=tuple(value["remarks"]),
        )

    def to_frame(self) -> DataFrame:
        """Return the results as a table, with a row per type."""
        import pandas as pd

        return pd.DataFrame([asdict(result) for result in self.results])

    def _repr_html_(self) -> str:
        rows = [
            (
                result.type,
                f"{result.errors} of {result.n}",
                "–" if result.error_rate is None else f"{result.error_rate:.0%}",
                "–" if result.low is None else f"{result.low:.0%} to {result.high:.0%}",
                "yes" if result.selected else "",
            )
            for result in self.results
        ]
        return html_table(
            ("Type",),
            rows,
            numbers=("Errors", "Error rate", "95 % interval", "Chosen"),
            caption="Question types, hardest first",
            notes=self.remarks,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the selection as it is written to `selection.json`."""
        return {
            "schema_version": 1,
            "types": list(self.types),
            "stability": self.stability,
            "remarks": list(self.remarks),
            "results": [asdict(result) for result in self.results],
        }


def select_types(
    outcomes: Outcomes,
    *,
    keep: int,
    declined: Mapping[QuestionType, int],
    lost: Mapping[QuestionType, int],
    fewest: int = MIN_QUESTIONS,
) -> Selection:
    """Choose the `keep` types with the highest error rates (paper, 3.3 and C.1).

    Ties are ordered as in `QUESTION_TYPES`, and mentioned in a remark. A type with fewer answered
    questions than `fewest` is not chosen.

    Raises:
        ValueError: fewer than `keep` types have enough questions.
    """
    results = [
        _type_result(type, outcomes.get(type, {}), declined.get(type, 0), lost.get(type, 0))
        for type in QUESTION_TYPES
        if type in outcomes
    ]
    ranked = sorted(results, key=_hardest_first)
    chosen = [result.type for result in ranked if result.n >= fewest][:keep]
    if len(chosen) < keep:
        raise ValueError(
            f"only {len(chosen)} question types have at least {fewest} answered questions"
        )
    marked = tuple(
        TypeResult(**{**asdict(result), "selected": result.type in chosen}) for result in ranked
    )
    return Selection(
        results=marked,
        stability=_choice_stability(outcomes, chosen, keep, fewest),
        remarks=tuple(_make_remarks(marked, fewest)),
    )


def _type_result(
    type: QuestionType, outcomes: Mapping[str, bool], declined: int, lost: int
) -> TypeResult:
    n, errors = len(outcomes), sum(outcomes.values())
    low, high = wilson_interval(errors, n) if n else (None, None)
    return TypeResult(
        type=type,
        n=n,
        errors=errors,
        error_rate=errors / n if n else None,
        low=low,
        high=high,
        declined=declined,
        lost=lost,
    )


def _hardest_first(result: TypeResult) -> tuple[float, int]:
    rate = -1.0 if result.error_rate is None else result.error_rate
    return -rate, QUESTION_TYPES.index(result.type)


def _choice_stability(
    outcomes: Outcomes, chosen: Sequence[QuestionType], keep: int, fewest: int
) -> float:
    """Resample the images with replacement, and return how often the choice is the same.

    A tie is not decided by the order of the types: of t types that tie for s places, each set of s
    is as likely as any other. If no type ever errs, all choices are equally likely.
    """
    import numpy as np

    types = [type for type in QUESTION_TYPES if len(outcomes.get(type, {})) >= fewest]
    images = sorted({image for type in types for image in outcomes[type]})
    row_of = {image: number for number, image in enumerate(images)}
    errors = np.zeros((len(images), len(types)))
    asked = np.zeros((len(images), len(types)))
    for column, type in enumerate(types):
        for image, erred in outcomes[type].items():
            asked[row_of[image], column] = 1
            errors[row_of[image], column] = erred
    weights = np.random.default_rng(0).multinomial(
        len(images), np.full(len(images), 1 / len(images)), size=RESAMPLES
    )
    totals = weights @ asked
    rates = np.where(totals > 0, (weights @ errors) / np.maximum(totals, 1), -1.0)
    wanted = np.array([type in chosen for type in types])
    return fmean(_chance_of_choice(row, wanted, keep) for row in rates)


def _chance_of_choice(rates: NDArray[np.float64], wanted: NDArray[np.bool_], keep: int) -> float:
    """Return the chance that the `keep` highest rates are those wanted, ties being drawn by lot."""
    least = sorted(rates, reverse=True)[keep - 1]
    above, tied = rates > least, rates == least
    if (above & ~wanted).any() or (wanted & ~(above | tied)).any():
        return 0.0
    return 1 / comb(int(tied.sum()), keep - int(above.sum()))


def _make_remarks(results: Sequence[TypeResult], fewest: int) -> list[str]:
    remarks = [
        f"{result.type} has {result.n} answered questions, too few to be chosen."
        for result in results
        if result.n < fewest
    ]
    inside = [result for result in results if result.selected]
    outside = [r for r in results if not r.selected and r.n >= fewest]
    if not inside or not outside:
        return remarks
    last, first = inside[-1], outside[0]
    assert last.error_rate is not None and first.error_rate is not None
    assert last.low is not None and first.high is not None
    if last.error_rate == first.error_rate:
        remarks.append(
            f"{last.type} and {first.type} have the same error rate: the order of the types "
            "decided."
        )
    elif last.low <= first.high:
        remarks.append(
            f"The intervals of {last.type}, the last chosen, and of {first.type}, the first that "
            "is not, overlap: with other images the choice could differ."
        )
    return remarks

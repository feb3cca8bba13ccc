"""Chooses the question types that are hardest for the validator, and measures how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.html_table import html_table
from locomo_vqa.intervals import wilson_interval

from .agreed import AgreedResult, agreed_result, order_remark
from .stability import Outcomes, choice_stability

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["MIN_QUESTIONS", "Selection", "TypeResult", "select_types"]

MIN_QUESTIONS = 5
"""A type with fewer answered questions is never chosen: too little is known about it."""


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
    agreed: AgreedResult | None = None
    """The results on the agreed questions alone; None if questions were not verified."""


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
    by_agreed: tuple[QuestionType, ...] | None = None
    """The types that the error among agreed questions alone would choose; None if questions were
    not verified, or too few are agreed."""
    select_by: Literal["all", "agreed"] = "all"
    """Which questions decided."""

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
            results=tuple(_read_result(result) for result in value["results"]),
            stability=value["stability"],
            remarks=tuple(value["remarks"]),
            by_agreed=tuple(found) if (found := value.get("by_agreed")) else None,
            select_by=value.get("select_by", "all"),
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
                _agreed_cell(result),
                "yes" if result.selected else "",
            )
            for result in self.results
        ]
        return html_table(
            ("Type",),
            rows,
            numbers=("Errors", "Error rate", "95 % interval", "Among agreed", "Chosen"),
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
            "by_agreed": None if self.by_agreed is None else list(self.by_agreed),
            "select_by": self.select_by,
            "results": [asdict(result) for result in self.results],
        }


def select_types(
    outcomes: Outcomes,
    *,
    keep: int,
    declined: Mapping[QuestionType, int],
    lost: Mapping[QuestionType, int],
    agreed: Outcomes | None = None,
    select_by: Literal["all", "agreed"] = "all",
    fewest: int = MIN_QUESTIONS,
) -> Selection:
    """Choose the `keep` types with the highest error rates (paper, 3.3 and C.1).

    Ties are ordered as in `QUESTION_TYPES`, and mentioned in a remark. A type with fewer answered
    questions than `fewest` is not chosen. `agreed` are the outcomes of the agreed questions alone,
    None if questions were not verified, and `select_by` says which of the two decide.

    Raises:
        ValueError: fewer than `keep` types have enough questions.
    """
    deciding = outcomes if select_by == "all" or agreed is None else agreed
    results = {
        type: _type_result(type, outcomes.get(type, {}), declined.get(type, 0), lost.get(type, 0))
        for type in QUESTION_TYPES
        if type in outcomes
    }
    chosen = _hardest(deciding, list(results), keep, fewest)
    if len(chosen) < keep:
        raise ValueError(
            f"only {len(chosen)} question types have at least {fewest} answered questions"
        )
    marked = [
        replace(
            results[type],
            selected=type in chosen,
            agreed=None if agreed is None else agreed_result(agreed.get(type, {})),
        )
        for type in _hardest(deciding, list(results), len(results), 0)
    ]
    by_agreed = agreed and _hardest(agreed, list(results), keep, fewest)
    other = by_agreed if select_by == "all" else _hardest(outcomes, list(results), keep, fewest)
    differs = other and order_remark(chosen, other, by_agreed=select_by == "agreed")
    decided = [_type_result(result.type, deciding.get(result.type, {}), 0, 0) for result in marked]
    return Selection(
        results=tuple(marked),
        stability=choice_stability(deciding, chosen, keep, fewest),
        remarks=(
            *((differs,) if differs else ()),
            *_make_remarks([replace(r, selected=r.type in chosen) for r in decided], fewest),
        ),
        by_agreed=tuple(by_agreed) if by_agreed and len(by_agreed) == keep else None,
        select_by=select_by,
    )


def _hardest(
    outcomes: Outcomes, types: Sequence[QuestionType], keep: int, fewest: int
) -> list[QuestionType]:
    """Return the types with the highest error rates, of those with enough questions."""

    def hardest_first(type: QuestionType) -> tuple[float, int]:
        found = outcomes.get(type, {})
        rate = sum(found.values()) / len(found) if found else -1.0
        return -rate, QUESTION_TYPES.index(type)

    enough = [type for type in types if len(outcomes.get(type, {})) >= fewest]
    return sorted(enough, key=hardest_first)[:keep]


def _read_result(value: Mapping[str, Any]) -> TypeResult:
    agreed = value.get("agreed")
    return TypeResult(**{**value, "agreed": AgreedResult(**agreed) if agreed else None})


def _agreed_cell(result: TypeResult) -> str:
    if result.agreed is None or result.agreed.error_rate is None:
        return "–"
    return f"{result.agreed.errors} of {result.agreed.n}, {result.agreed.error_rate:.0%}"


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

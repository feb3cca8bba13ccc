"""Every measure of what was retrieved, at every k, overall and by category."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean
from typing import TYPE_CHECKING, Any, Literal

from locomo_vqa.benchmark import CATEGORIES, Benchmark, TextQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.html_table import html_table
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.scores import Estimate
from locomo_vqa.statistics.mean_intervals import mean_interval

from .evidence import LEFT_OUT, Evidence, find_evidence
from .measures import CUTOFFS, MEASURES, Measure, Ranks, measure
from .ranked import Ranked, RankedQuestion, rank_evidence

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ALL", "Cell", "Found", "Retrieval", "measure_retrieval"]

ALL = "all"
"""The group of all questions."""

_SCALE = 100.0

Of = Literal["turns", "sessions", "images"]

Places = dict[str, list[int]]
"""The positions of a group's questions among all, by conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One measure at one k, of one group of questions."""

    measure: Measure
    """What is measured."""
    k: int
    """How many of the first places count."""
    group: str
    """`all`, LoCoMo's number of a category, or the type of a visual question."""
    estimate: Estimate
    """The mean over the group's questions, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of the turns, the sessions, or the images that questions are about."""

    reason: str | None
    """Why nothing can be measured; None if it can."""
    cells: Sequence[Cell] = ()
    """Empty if nothing can be measured."""

    def to_json(self) -> dict[str, Any]:
        """Return an entry of the section `retrieval` of scores.json."""
        return {
            "state": "ok" if self.reason is None else "not_computed",
            "reason": self.reason,
            "values": [
                {
                    "measure": cell.measure,
                    "k": cell.k,
                    "group": cell.group,
                    "value": cell.estimate.value,
                    "low": span.low if (span := cell.estimate.interval) else None,
                    "high": span.high if span else None,
                    "n": cell.estimate.n,
                }
                for cell in self.cells
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Retrieval:
    """What a system found for the questions of a split."""

    turns: Found
    """Of the turns that hold the answers to text questions."""
    sessions: Found
    """Of the sessions with these turns."""
    images: Found | None
    """Of the images that visual questions ask for without showing them; None if they come with
    their images."""
    evidence: Evidence
    """The evidence of the questions, and which were left out."""
    ranks: Mapping[str, Ranks]
    """The rank of each turn of a question's evidence, by question id; None if not retrieved."""
    places: tuple[int, int, int]
    """The least, the median and the most distinct turns that a ranking has."""
    notes: Sequence[str]
    """Notes on the rankings, one sentence each."""

    def value(
        self,
        measure: Measure,
        k: int,
        *,
        of: Of = "turns",
        group: str | int = ALL,
    ) -> float | None:
        """Return a measure in percent; None if it can't be measured.

        Args:
            measure: `any`, `complete`, `fraction` or `ndcg`.
            k: 1, 5, 10, 20 or 50.
            of: what was to be found.
            group: `all`, the number of a category, or the type of a visual question.
        """
        found: Found | None = getattr(self, of)
        wanted = (measure, k, str(group))
        cells = found.cells if found else ()
        return next((c.estimate.value for c in cells if (c.measure, c.k, c.group) == wanted), None)

    def to_json(self) -> dict[str, Any]:
        """Return the section `retrieval` of scores.json."""
        return {
            "turns": self.turns.to_json(),
            "sessions": self.sessions.to_json(),
            "images": self.images and self.images.to_json(),
            "places": dict(zip(("least", "median", "most"), self.places, strict=True)),
            "evidence": {
                "questions": sum(q in self.ranks for q in self.evidence.by_question),
                "left_out": dict(self.evidence.count_left_out()),
                "broken_entries": sum(map(len, self.evidence.broken.values())),
            },
            "notes": list(self.notes),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame with one row for each measure, k and group of questions.

        Columns: of (turns, sessions or images), measure, k, group, value, low and high (of the 95 %
        interval), n. Values are in percent; what can't be measured has no row.
        """
        import pandas as pd

        rows = [
            {"of": name, **row}
            for name in ("turns", "sessions", "images")
            if (found := getattr(self, name)) is not None
            for row in found.to_json()["values"]
        ]
        return pd.DataFrame(
            rows, columns=["of", "measure", "k", "group", "value", "low", "high", "n"]
        )

    def __repr__(self) -> str:
        if self.turns.reason is not None:
            return f"<Retrieval: {self.turns.reason}>"
        shown = ", ".join(f"{name} {self.value(name, 10):.1f}" for name in MEASURES)
        return f"<Retrieval of {len(self.ranks):,} questions, turns at 10: {shown}>"

    def _repr_html_(self) -> str:
        rows: list[list[str | None]] = []
        for name in ("turns", "sessions", "images"):
            found: Found | None = getattr(self, name)
            for kind in MEASURES if found and found.cells else ():
                values = [self.value(kind, k, of=name) for k in CUTOFFS]
                rows.append([name, kind, *(v if v is None else f"{v:.1f}" for v in values)])
        reasons = [found.reason for found in (self.turns, self.sessions) if found.reason]
        return html_table(
            ["Found", "Measure"],
            rows,
            numbers=[f"at {k}" for k in CUTOFFS],
            caption="What was retrieved, in percent",
            notes=[*dict.fromkeys(reasons), *self.notes],
        )


def measure_retrieval(
    predictions: Sequence[Prediction],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    recalled: bool | None = False,
) -> Retrieval:
    """Return every measure of what was retrieved.

    Args:
        predictions: at most one per question.
        benchmark: the benchmark whose questions were answered.
        split: the questions of the denominator.
        recalled: whether visual questions were asked without their images, which must be found;
            None if that is not known: then they count if anything retrieved for them has an id.
    """
    evidence = find_evidence(benchmark, split)
    ranked = rank_evidence(predictions, benchmark, split=split, kind="text", evidence=evidence)
    images, notes = None, [*ranked.notes]
    if recalled is not False:
        seen = rank_evidence(predictions, benchmark, split=split, kind="visual", evidence=evidence)
        why_not = seen.why_not["turns"]
        if any(each.state != "missing" for each in seen.questions) and (recalled or not why_not):
            images = _found(seen, why_not, lambda each: each.turns, _type_of)
            notes += [note for note in seen.notes if note not in notes]
    return Retrieval(
        turns=_found(ranked, ranked.why_not["turns"], lambda each: each.turns, _category_of),
        sessions=_found(
            ranked, ranked.why_not["sessions"], lambda each: each.sessions, _category_of
        ),
        images=images,
        evidence=evidence,
        ranks={each.question.id: each.turns for each in ranked.questions},
        places=_spread(ranked.places),
        notes=notes,
    )


def left_out_in_words(counts: Mapping[str, int]) -> list[str]:
    """Return a phrase for each reason why questions were left out, with their number."""
    return [f"{number:,}: {LEFT_OUT[reason]}" for reason, number in counts.items()]  # type: ignore[index]


def _found(
    ranked: Ranked,
    reason: str | None,
    ranks_of: Callable[[RankedQuestion], Ranks],
    group_of: Callable[[Question], str],
) -> Found:
    if reason is not None:
        return Found(reason=reason)
    groups: dict[str, Places] = {}
    for place, each in enumerate(ranked.questions):
        for group in (ALL, group_of(each.question)):
            places = groups.setdefault(group, {})
            places.setdefault(each.question.conversation, []).append(place)
    ranks = [ranks_of(each) for each in ranked.questions]
    order = [ALL, *sorted(groups.keys() - {ALL})]
    return Found(
        reason=None,
        cells=[
            Cell(measure=name, k=k, group=group, estimate=_estimate(groups.get(group, {}), values))
            for name in MEASURES
            for k in CUTOFFS
            for values in [[_SCALE * measure(name, each, k) for each in ranks]]
            for group in order
        ],
    )


def _estimate(places: Places, values: Sequence[float]) -> Estimate:
    clusters = {name: [values[place] for place in found] for name, found in places.items()}
    mean = fmean(chain.from_iterable(clusters.values()))
    count = sum(map(len, clusters.values()))
    return Estimate(value=mean, interval=mean_interval(clusters, highest=_SCALE), n=count)


def _spread(places: Sequence[int]) -> tuple[int, int, int]:
    ordered = sorted(places) or [0]
    return ordered[0], ordered[len(ordered) // 2], ordered[-1]


def _category_of(question: Question) -> str:
    assert isinstance(question, TextQuestion)
    assert question.category in CATEGORIES
    return str(question.category)


def _type_of(question: Question) -> str:
    assert not isinstance(question, TextQuestion)
    return question.type

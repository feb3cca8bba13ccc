"""Compares systems with a baseline on the same questions, metric by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo_vqa.benchmark import CATEGORIES, Benchmark, TextQuestion, VisualQuestion
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import write_json
from locomo_vqa.html_table import html_table
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.runs import SplitChoice

from ..statistics.paired import PairedDifference, holm, paired_difference
from .sides import Side

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "LENGTH_RATIO",
    "Comparison",
    "GroupDifference",
    "MetricComparison",
    "check_comparison_folder",
    "compare_sides",
]

LENGTH_RATIO = 2.0
"""Mean answer lengths further apart than this make overlap metrics misleading.

Over eight systems, overlap fell with the length of the answers (Spearman -0.67) and not with what
a judge said of them (-0.02); within five that answer in 3 to 5 words it followed the judge.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference:
    """The difference within one category or question type."""

    result: PairedDifference
    """The difference on the questions of the group."""
    p_holm: float | None
    """Its p-value by Holm's correction over the groups; None where there is no p-value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """One system against the baseline by one metric."""

    metric: str
    """The metric's name."""
    signature: str
    """The metric with every parameter; both sides have the same."""
    scale: float
    """The value of a perfect answer."""
    other: int
    """The place of the system among the sides, from 1; the baseline is 0."""
    overall: PairedDifference
    """Over all questions that the metric applies to."""
    groups: Mapping[str, GroupDifference]
    """By the name of the category for text metrics, by question type for visual ones."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison:
    """Systems against a baseline."""

    dataset: Mapping[str, str]
    """Name, revision and split of the data."""
    sides: Sequence[Side]
    """The baseline first."""
    metrics: Sequence[MetricComparison]
    """By metric, then by system."""
    not_compared: Mapping[str, str]
    """Why a metric isn't compared, by its name."""
    notes: Sequence[str]
    """What a reader must know, in sentences."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each metric, system and group of questions.

        Columns: metric, system, baseline (the two names), group (`all questions`, a category or a
        question type), n, baseline_value, value, difference, low and high (of its 95 % interval),
        p, p_holm. What can't be computed is None.
        """
        import pandas as pd

        return pd.DataFrame([row for one in self.metrics for row in self._rows(one)])

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the differences with their intervals, and write them where a path is given.

        Args:
            path: a file whose name ends in .svg or .png; None writes nothing.

        Returns:
            The matplotlib figure, which a notebook shows.

        Raises:
            OutputError: the file has another ending, or can't be written.
        """
        from .forest_plot import draw_forest, write_figure

        figure = draw_forest(self)
        if path is not None:
            write_figure(figure, Path(path))
        return figure

    @property
    def incomplete(self) -> bool:
        """Whether answers are missing or failed on any side."""
        return any(side.failed or side.document["rows"]["missing"] for side in self.sides)

    def write(self, folder: str | Path) -> list[Path]:
        """Write comparison.json and comparison.png into a folder, and return their paths.

        Raises:
            OutputError: it is a benchmark or a run, or can't be written.
        """
        place = Path(folder)
        check_comparison_folder(place)
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{place}: the folder can't be made ({error.strerror}).", "Choose another `out`."
            ) from None
        write_json(place / "comparison.json", self.to_json())
        self.plot(place / "comparison.png")
        return [place / "comparison.json", place / "comparison.png"]

    def _repr_html_(self) -> str:
        rows = [
            [
                metric_title(row["metric"]),
                row["system"],
                row["group"],
                f"{row['n']:,}",
                *(_shown(row[name], row["metric"]) for name in _VALUES),
                None if row["p"] is None else f"{row['p']:.3f}",
            ]
            for one in self.metrics
            for row in self._rows(one)
        ]
        return html_table(
            ["Metric", "System", "Questions"],
            rows,
            numbers=["n", "baseline", "system", "difference", "low", "high", "p"],
            caption=f"Differences from {self.sides[0].name}, 95 % intervals over conversations",
            notes=self.notes,
        )

    def __repr__(self) -> str:
        names = " and ".join(side.name for side in self.sides[1:])
        metrics = ", ".join(dict.fromkeys(one.metric for one in self.metrics))
        return f"<Comparison of {names} with {self.sides[0].name} by {metrics}>"

    def _rows(self, one: MetricComparison) -> list[dict[str, Any]]:
        groups: list[tuple[str, PairedDifference, float | None]] = [
            ("all questions", one.overall, None),
            *((name, group.result, group.p_holm) for name, group in one.groups.items()),
        ]
        return [
            {
                "metric": one.metric,
                "system": self.sides[one.other].name,
                "baseline": self.sides[0].name,
                "group": group,
                "n": result.questions,
                "baseline_value": result.baseline,
                "value": result.other,
                "difference": result.difference,
                "low": result.interval.low if result.interval else None,
                "high": result.interval.high if result.interval else None,
                "p": result.p,
                "p_holm": p_holm,
            }
            for group, result, p_holm in groups
        ]

    def to_json(self) -> dict[str, Any]:
        """Return comparison.json."""
        return {
            "schema_version": 1,
            "kind": "comparison",
            "dataset": dict(self.dataset),
            "systems": [
                {
                    "name": side.name,
                    "source": side.document["source"],
                    "rows": side.document["rows"],
                    "failed": side.failed,
                    "answer_length": side.document["answer_length"],
                }
                for side in self.sides
            ],
            "comparisons": [asdict(comparison) for comparison in self.metrics],
            "not_compared": dict(self.not_compared),
            "notes": list(self.notes),
        }


def check_comparison_folder(folder: Path) -> None:
    """Check, before anything is computed, that a comparison may be written into a folder.

    Raises:
        OutputError: it is a benchmark or a run.
    """
    for name in ("benchmark.json", "run.json"):
        if (folder / name).exists():
            raise OutputError(f"{folder}: it has a {name}.", "Choose another `out`.")


_VALUES = ("baseline_value", "value", "difference", "low", "high")


def _shown(value: float | None, metric: str) -> str | None:
    return None if value is None else f"{value:.{1 if METRICS[metric].scale == 100 else 4}f}"


def compare_sides(
    sides: Sequence[Side],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    metrics: Sequence[str] | None = None,
) -> Comparison:
    """Compare every further side with the first.

    Args:
        metrics: names of metrics; None for all that every side has.

    Raises:
        InputError: the sides were scored on other splits or questions, or with different
            parameters of a metric, or one lacks a metric that was asked for.
    """
    for side in sides:
        if side.document["dataset"]["split"] != split:
            raise InputError(
                f"{side.name}: its split is {side.document['dataset']['split']!r}, but that of "
                f"{sides[0].name} is {split!r}.",
                "Compare systems on one split.",
            )
    questions = {question.id: question for question in questions_of(benchmark, split)}
    names = [n for n in METRICS if (n in metrics if metrics else _anywhere(n, sides))]
    missing = {name: reason for name in names if (reason := _why_not(name, sides))}
    if metrics and missing:
        name, reason = next(iter(missing.items()))
        raise InputError(
            f"{metric_title(name)} can't be compared. {reason}",
            "Score the runs with it first, or leave it out of `metrics`.",
        )
    compared = [name for name in names if name not in missing]
    if not compared:
        raise InputError(
            "The systems have no metric in common.",
            "Check that all of them answer questions of the same kind.",
        )
    return Comparison(
        dataset={"id": benchmark.name, "revision": benchmark.revision, "split": split},
        sides=sides,
        metrics=[
            _compared(name, sides, place, questions)
            for name in compared
            for place in range(1, len(sides))
        ],
        not_compared=missing,
        notes=_notes(sides, compared),
    )


def _anywhere(metric: str, sides: Sequence[Side]) -> bool:
    return any(metric in side.document["metrics"] for side in sides)


def _why_not(metric: str, sides: Sequence[Side]) -> str | None:
    """Return why a side can't be compared by a metric, in a sentence; None where all can."""
    for side in sides:
        scores = side.document["metrics"].get(metric)
        if scores is None or scores["state"] != "ok":
            reason = scores and scores["reason"]
            return f"{side.name}: {reason or 'it was not computed.'}"
        unscored = sum(value is None for value in side.values[metric].values())
        if unscored:
            return f"{side.name}: {unscored:,} questions are unscored."
    return None


def _compared(
    metric: str, sides: Sequence[Side], place: int, questions: Mapping[str, Question]
) -> MetricComparison:
    baseline, other = sides[0], sides[place]
    scores = [side.document["metrics"][metric] for side in (baseline, other)]
    if scores[0]["signature"] != scores[1]["signature"]:
        raise InputError(
            f"{metric_title(metric)} was computed in two ways: {baseline.name} has "
            f"{scores[0]['signature']}, {other.name} has {scores[1]['signature']}.",
            f"Score both in one way, or leave {metric} out of `metrics`.",
        )
    if baseline.values[metric].keys() != other.values[metric].keys():
        raise InputError(
            f"{baseline.name} and {other.name} have {metric_title(metric)} of different questions.",
            "Score both again on one split.",
        )
    asked = [questions[id] for id in baseline.values[metric]]

    def between(chosen: Sequence[Question]) -> PairedDifference:
        return paired_difference(
            _grouped(baseline.values[metric], chosen),
            _grouped(other.values[metric], chosen),
            width=None if METRICS[metric].lowest < 0 else scores[0]["scale"],
        )

    groups = {
        name: between([question for question in asked if _group(question) == name])
        for name in _group_names(asked)
    }
    return MetricComparison(
        metric=metric,
        signature=scores[0]["signature"],
        scale=scores[0]["scale"],
        other=place,
        overall=between(asked),
        groups=_corrected(groups),
    )


def _grouped(
    values: Mapping[str, float | None], questions: Sequence[Question]
) -> dict[str, dict[str, float]]:
    groups: dict[str, dict[str, float]] = {}
    for question in questions:
        value = values[question.id]
        assert value is not None
        groups.setdefault(question.conversation, {})[question.id] = value
    return groups


def _group(question: Question) -> str:
    return question.type if isinstance(question, VisualQuestion) else CATEGORIES[question.category]


def _group_names(questions: Sequence[Question]) -> list[str]:
    """Return categories by their number, question types in order of occurrence."""
    text = sorted({q.category for q in questions if isinstance(q, TextQuestion)})
    types = dict.fromkeys(q.type for q in questions if isinstance(q, VisualQuestion))
    return [*(CATEGORIES[category] for category in text), *types]


def _corrected(groups: Mapping[str, PairedDifference]) -> dict[str, GroupDifference]:
    p_values = {name: group.p for name, group in groups.items() if group.p is not None}
    corrected = dict(zip(p_values, holm(list(p_values.values())), strict=True))
    return {
        name: GroupDifference(result=group, p_holm=corrected.get(name))
        for name, group in groups.items()
    }


def _notes(sides: Sequence[Side], metrics: Sequence[str]) -> list[str]:
    notes = [f"{side.name}: {note}" for side in sides for note in side.document["notes"]]
    baseline = sides[0]
    for other in sides[1:]:
        lengths = [side.document["answer_length"] for side in (baseline, other)]
        overlap = [metric_title(name) for name in metrics if METRICS[name].overlap]
        if overlap and all(lengths) and max(lengths) > LENGTH_RATIO * min(lengths):
            notes.append(
                f"{baseline.name} answers in {lengths[0]:.1f} words, {other.name} in "
                f"{lengths[1]:.1f}. Overlap with the gold answer ({', '.join(overlap)}) compares "
                "systems of one answer style; here it measures the length too."
            )
        shown = [_image_mode(side) for side in (baseline, other)]
        if None not in shown and shown[0] != shown[1]:
            notes.append(
                f"{baseline.name} ran with images={shown[0]}, {other.name} with images={shown[1]}."
            )
    return notes


def _image_mode(side: Side) -> str | None:
    """Return what a run was shown of pictures; None for a predictions file."""
    modes = side.document.get("modes")
    return modes["image_handling"] if modes else None

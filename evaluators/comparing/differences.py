"""Compares scored systems with a baseline on the same questions, metric by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import CATEGORIES, Benchmark, TextQuestion, VisualQuestion
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.benchmark.twins import is_twin_id
from locomo_vqa.errors import InputError
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.runs import SplitChoice
from locomo_vqa.statistics.believable import BelievableDifference, believable_difference
from locomo_vqa.statistics.intervals import clustered_mean
from locomo_vqa.statistics.paired import PairedDifference, holm, paired_difference
from locomo_vqa.text import counted

from ..abstention.centred import centred
from .abstention import (
    abstention_difference,
    abstention_flags,
    abstention_group,
    why_not_alike,
)
from .answered import answered_questions, note_on_unanswered, too_few_answered
from .believable import notes_on_runs
from .comparison import Comparison
from .judges import judges_differ, note_on_judges
from .metric_comparison import GroupDifference, MetricComparison
from .repeated_sides import run_noise
from .run_settings import differing_settings
from .sides import Side

__all__ = ["LENGTH_RATIO", "compare_sides"]

LENGTH_RATIO = 2.0
"""Mean answer lengths further apart than this make overlap metrics misleading.

Over eight systems, overlap correlated with answer length (Spearman -0.67) and not with a judge's
verdicts (-0.02); among the five that answer in 3 to 5 words, it followed the judge.
"""

_MORE_ANSWERS = "Answer more conversations, or compare on a benchmark of those that were asked."


def compare_sides(
    sides: Sequence[Side],
    benchmark: Benchmark,
    *,
    split: SplitChoice,
    metrics: Sequence[str] | None = None,
) -> Comparison:
    """Compare each side with the first, the baseline.

    Args:
        metrics: names of metrics; None for all that every side has.

    Raises:
        InputError: the sides were scored on different splits or questions, or with different
            parameters of a metric, or a side lacks a requested metric.
    """
    for side in sides:
        if side.document["dataset"]["split"] != split:
            raise InputError(
                f"{side.name}: its split is {side.document['dataset']['split']!r}, but the split "
                f"of {sides[0].name} is {split!r}.",
                "Compare systems on one split.",
            )
    twins = any(is_twin_id(name) for side in sides for name in side.values.get("a", ()))
    asked = questions_of(benchmark, split, twins=twins)
    questions = {question.id: question for question in asked}
    names = [n for n in METRICS if (n in metrics if metrics else _has_any_side(n, sides))]
    few = {name: why for name in names if (why := _why_too_few(name, sides, questions))}
    missing = {name: why for name in names if (why := _why_not(name, sides) or few.get(name))}
    if metrics and missing:
        name, reason = next(iter(missing.items()))
        remedy = "Score the runs with this metric first, or leave it out of `metrics`."
        raise InputError(
            f"{metric_title(name)} can't be compared. {reason}",
            _MORE_ANSWERS if reason == few.get(name) else remedy,
        )
    compared = [name for name in names if name not in missing]
    if not compared:
        raise InputError(
            next(iter(few.values()), "The systems have no metric in common."),
            "Check that all systems answer the same questions.",
        )
    return Comparison(
        dataset={"id": benchmark.name, "revision": benchmark.revision, "split": split},
        sides=sides,
        metrics=[
            _compare_side(name, sides, place, questions)
            for name in compared
            for place in range(1, len(sides))
        ],
        not_compared=missing,
        notes=[
            *notes_on_runs(sides),
            *_notes(sides, compared),
            *_notes_on_pairs(sides, compared, questions),
        ],
    )


def _has_any_side(metric: str, sides: Sequence[Side]) -> bool:
    return any(metric in side.document["metrics"] for side in sides)


def _why_not(metric: str, sides: Sequence[Side]) -> str | None:
    """Return a sentence on why a metric can't be compared; None if it can."""
    for side in sides:
        scores = side.document["metrics"].get(metric)
        if scores is None or scores["state"] != "ok":
            return f"{side.name}: {_why_not_computed(scores and scores['reason'])}"
        unscored = sum(value is None for value in side.values[metric].values())
        if unscored:
            are = "is" if unscored == 1 else "are"
            return f"{side.name}: {counted(unscored, 'question')} {are} unscored."
    if METRICS[metric].needs == "abstention":
        return why_not_alike(sides)
    if METRICS[metric].needs != "verdicts":
        return None
    return next((why for other in sides[1:] if (why := judges_differ(sides[0], other))), None)


def _why_not_computed(reason: str | None) -> str:
    """Return why a side lacks a metric, without the parameters of `score`, which are not ours."""
    if not reason:
        return "it was not computed."
    sentence, _, advice = reason.partition(". ")
    if "`" not in advice:
        return reason
    return f"{sentence}. Score each system with this metric first (`locomo-vqa score`)."


def _why_too_few(
    metric: str, sides: Sequence[Side], questions: Mapping[str, Question]
) -> str | None:
    """Return a sentence if too few conversations have answers of a side and the baseline."""
    asked = _asked(metric, sides, questions)
    pairs = ((sides[0], other) for other in sides[1:])
    return next((why for pair in pairs if (why := too_few_answered(asked, pair))), None)


def _asked(metric: str, sides: Sequence[Side], questions: Mapping[str, Question]) -> list[Question]:
    """Return the questions that the baseline has a metric's values of."""
    return [questions[name] for name in sides[0].values.get(metric, ()) if name in questions]


def _notes_on_pairs(
    sides: Sequence[Side], metrics: Sequence[str], questions: Mapping[str, Question]
) -> list[str]:
    notes: dict[str | None, None] = {}
    for other in sides[1:]:
        for metric in metrics:
            asked = _asked(metric, sides, questions)
            notes[note_on_unanswered(asked, (sides[0], other))] = None
        if any(METRICS[metric].needs == "verdicts" for metric in metrics):
            notes[note_on_judges(sides[0], other)] = None
    return [note for note in notes if note is not None]


def _compare_side(
    metric: str, sides: Sequence[Side], place: int, questions: Mapping[str, Question]
) -> MetricComparison:
    baseline, other = sides[0], sides[place]
    scores = [side.document["metrics"][metric] for side in (baseline, other)]
    given = METRICS[metric].needs == "verdicts"
    if scores[0]["signature"] != scores[1]["signature"] and not given:
        raise InputError(
            f"{metric_title(metric)} was computed in different ways: {baseline.name} has "
            f"{scores[0]['signature']}, {other.name} has {scores[1]['signature']}.",
            f"Score both the same way, or leave {metric} out of `metrics`.",
        )
    if baseline.values[metric].keys() != other.values[metric].keys():
        raise InputError(
            f"{baseline.name} and {other.name} have {metric_title(metric)} on different questions.",
            "Score both again on one split.",
        )
    asked = answered_questions(
        [questions[name] for name in baseline.values[metric]], (baseline, other)
    )

    if METRICS[metric].contributes:
        overall, groups = _contributed(baseline, other, asked)
    else:
        overall, groups = _averaged(metric, sides, place, asked)
    return MetricComparison(
        metric=metric,
        signature=" / ".join(dict.fromkeys(score["signature"] for score in scores)),
        scale=scores[0]["scale"],
        other=place,
        overall=overall,
        believable=_believable(metric, baseline, other, asked),
        groups=_with_holm(groups),
    )


def _averaged(
    metric: str, sides: Sequence[Side], place: int, asked: Sequence[Question]
) -> tuple[PairedDifference, dict[str, PairedDifference]]:
    """Return the differences of means, over all questions and by group."""
    baseline, other = sides[0], sides[place]

    def between(chosen: Sequence[Question]) -> PairedDifference:
        return paired_difference(
            _group_values(baseline.values[metric], chosen),
            _group_values(other.values[metric], chosen),
            width=(1 - METRICS[metric].lowest) * METRICS[metric].scale,
        )

    return between(asked), {
        name: between([question for question in asked if _group_name(question) == name])
        for name in _group_names(asked)
    }


def _contributed(
    baseline: Side, other: Side, asked: Sequence[Question]
) -> tuple[PairedDifference, dict[str, PairedDifference]]:
    """Return the differences of A, over all questions and by group."""
    flags = abstention_flags(baseline), abstention_flags(other)
    overall = abstention_difference(*flags, asked)
    if overall is None:
        raise InputError(
            "A can't be compared: the answered conversations have no question to decline.",
            _MORE_ANSWERS,
        )
    groups = {}
    for name in _group_names(asked):
        first = next(q for q in asked if _group_name(q) == name)
        found = abstention_difference(*flags, abstention_group(asked, first))
        if found is not None:
            groups[name] = found
    return overall, groups


def _believable(
    metric: str, baseline: Side, other: Side, asked: Sequence[Question]
) -> BelievableDifference:
    """Return the smallest difference to believe on these questions."""
    conversations = {question.id: question.conversation for question in asked}
    apart: dict[str, float] = {}
    for name in conversations:
        left, right = baseline.values[metric][name], other.values[metric][name]
        assert left is not None and right is not None
        apart[name] = right - left
    if METRICS[metric].contributes:
        (apart,) = centred([apart], {question.id: question for question in asked})
    differences: dict[str, list[float]] = {}
    for name, value in apart.items():
        differences.setdefault(conversations[name], []).append(value)
    noise = [run_noise(side, metric, conversations) for side in (baseline, other)]
    return believable_difference(clustered_mean(differences), *noise)


def _group_values(
    values: Mapping[str, float | None], questions: Sequence[Question]
) -> dict[str, dict[str, float]]:
    groups: dict[str, dict[str, float]] = {}
    for question in questions:
        value = values[question.id]
        assert value is not None
        groups.setdefault(question.conversation, {})[question.id] = value
    return groups


def _group_name(question: Question) -> str:
    return question.type if isinstance(question, VisualQuestion) else CATEGORIES[question.category]


def _group_names(questions: Sequence[Question]) -> list[str]:
    """Return the categories in numerical order, or question types in order of occurrence."""
    text = sorted({q.category for q in questions if isinstance(q, TextQuestion)})
    types = dict.fromkeys(q.type for q in questions if isinstance(q, VisualQuestion))
    return [*(CATEGORIES[category] for category in text), *types]


def _with_holm(groups: Mapping[str, PairedDifference]) -> dict[str, GroupDifference]:
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
                f"{lengths[1]:.1f}. Overlap with the gold answer ({', '.join(overlap)}) is only "
                "comparable between answers of similar length; here it also measures length."
            )
        shown = [_image_mode(side) for side in (baseline, other)]
        if None not in shown and shown[0] != shown[1]:
            notes.append(
                f"{baseline.name} ran with images={shown[0]}, {other.name} with images={shown[1]}."
            )
        if baseline.settings and other.settings:
            notes += _notes_on_settings(baseline, other)
    return notes


def _notes_on_settings(baseline: Side, other: Side) -> list[str]:
    """Return a note that names every setting in which two runs differ."""
    differing = differing_settings(baseline.settings, other.settings)
    if not differing:
        return []
    named = "; ".join(f"{name}: {one} / {two}" for name, (one, two) in differing.items())
    return [f"{baseline.name} and {other.name} differ in their settings: {named}."]


def _image_mode(side: Side) -> str | None:
    """Return how images were shown in a run; None for a predictions file."""
    modes = side.document.get("modes")
    return modes["image_handling"] if modes else None

"""Measures A for the predictions of a run: its value, its parts, and what each question adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import Estimate, MetricScores, RowScore
from locomo_vqa.statistics.mean_intervals import mean_interval

from .balance import Mark, balance, balance_interval, contributions
from .curve import confidence_curve
from .declining import VERSION, declines
from .outcomes import OUTCOMES, Asked, Declines, Kind, ask_all

__all__ = ["BY_RULES", "AbstentionMeasure", "mark_of", "measure_abstention"]

BY_RULES = f"rules-{VERSION}"
"""How signatures name the rules."""

_KINDS: tuple[Kind, ...] = ("text", "visual")
_NEEDED: Mapping[tuple[str, bool], str] = {
    ("text", True): "an adversarial question",
    ("text", False): "a text question with a gold answer",
    ("visual", True): "a visual twin",
    ("visual", False): "a visual question",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionMeasure:
    """A of one set of predictions."""

    scores: MetricScores | None = None
    """A as a metric; None if it was not asked for."""
    rows: Sequence[RowScore] = ()
    """What each question contributes to A: the mean is A."""
    section: Mapping[str, Any] | None = None
    """The section `abstention` of scores.json; None if A is not computed."""


def measure_abstention(
    questions: Iterable[Question],
    given: Mapping[str, Prediction],
    *,
    declined_by: Declines | None = None,
    judge: str = BY_RULES,
    about_judge: Mapping[str, Any] | None = None,
) -> AbstentionMeasure:
    """Measure whether a system declines where nothing is to be found, and only there.

    A kind of questions (text or visual) counts if both questions in which nothing is to be found
    and others have a row. A is the mean of the kinds that count. The denominators are fixed: a
    question without an answer was neither declined nor answered, which counts against the system
    in both.

    Args:
        questions: all questions of the split, with the visual twins if they were asked.
        given: the predictions, by question.
        declined_by: says whether an answer declines; None for the rules.
        judge: what the signature calls that.
        about_judge: what is known of a model that decides, for the section.
    """
    asked = ask_all(list(questions), dict(given), declined_by or _by_rules)
    kinds = [kind for kind in _KINDS if _reason_against(asked, kind) is None]
    if not kinds:
        reason = _reason_against(asked, "text") or ""
        return AbstentionMeasure(scores=MetricScores(state="not_computed", reason=reason))
    counted = [each for each in asked if each.kind in kinds]
    if unscored := sum(each.outcome is None for each in counted):
        return _incomplete(counted, unscored, _signature(judge, kinds))
    marks = [mark_of(each) for each in counted]
    rows = [
        RowScore(question_id=each.question.id, metric="a", value=value, state=each.state)
        for each, value in zip(counted, contributions(marks), strict=True)
    ]
    return AbstentionMeasure(
        scores=_metric(counted, _signature(judge, kinds)),
        rows=rows,
        section={
            "declined_by": judge,
            "kinds": {kind: _kind([e for e in counted if e.kind == kind]) for kind in kinds},
            "not_computed": {kind: why for kind in _KINDS if (why := _reason_against(asked, kind))},
            **({"judge": about_judge} if about_judge else {}),
        },
    )


def mark_of(each: Asked) -> Mark:
    """Return a question as A counts it."""
    return Mark(each.question.conversation, (each.kind, each.nothing), float(each.flag))


def _by_rules(question: Question, answer: str) -> bool:
    return declines(answer, question.question)


def _signature(judge: str, kinds: Sequence[Kind]) -> str:
    return f"a:declined={judge},kinds={'+'.join(kinds)},no-answer=wrong"


def _reason_against(asked: Sequence[Asked], kind: Kind) -> str | None:
    """Return why A has no value for a kind of questions; None if it has."""
    for nothing in (True, False):
        those = [each for each in asked if each.kind == kind and each.nothing == nothing]
        noun = _NEEDED[kind, nothing]
        if not those:
            return (
                f"The split has no {noun.partition(' ')[2]}."
                if kind == "text" or not nothing
                else ("Visual twins were not asked.")
            )
        if all(each.state == "missing" for each in those):
            return f"No row answers {noun}."
    return None


def _metric(counted: Sequence[Asked], signature: str) -> MetricScores:
    conversations = dict.fromkeys(each.question.conversation for each in counted)
    return MetricScores(
        state="ok",
        signature=signature,
        scale=METRICS["a"].scale,
        overall=_estimate(counted),
        by_category=_by_group([each for each in counted if each.kind == "text"]),
        by_type=_by_group([each for each in counted if each.kind == "visual"]),
        by_conversation={
            name: replace(estimate, interval=None)
            for name in conversations
            if (
                estimate := _estimate([e for e in counted if e.question.conversation == name])
            ).value
            is not None
        },
    )


def _by_group(asked: Sequence[Asked]) -> dict[str, Estimate]:
    """Return A by category, against all adversarial questions, or by type, against its twins."""
    groups: dict[str, list[Asked]] = {}
    for each in asked:
        if not each.nothing:
            groups.setdefault(_group(each.question), []).append(each)
    made = {}
    for name in sorted(groups) if asked and asked[0].kind == "text" else groups:
        nothing = [
            each
            for each in asked
            if each.nothing and (each.kind == "text" or _group(each.question) == name)
        ]
        estimate = _estimate([*nothing, *groups[name]])
        if estimate.value is not None:
            made[name] = estimate
    return made


def _group(question: Question) -> str:
    return str(question.category) if isinstance(question, TextQuestion) else question.type


def _estimate(asked: Sequence[Asked]) -> Estimate:
    """Return A over questions; without a value if a kind has only one side."""
    sides = {(each.kind, each.nothing) for each in asked}
    if not asked or any((kind, not nothing) not in sides for kind, nothing in sides):
        return Estimate(value=None, interval=None, n=len(asked))
    marks = [mark_of(each) for each in asked]
    return Estimate(value=balance(marks), interval=balance_interval(marks), n=len(asked))


def _kind(asked: Sequence[Asked]) -> dict[str, Any]:
    return {
        "a": asdict(_estimate(asked)),
        "nothing": _side([each for each in asked if each.nothing]),
        "something": _side([each for each in asked if not each.nothing]),
        "curve": confidence_curve(asked),
    }


def _side(asked: Sequence[Asked]) -> dict[str, Any]:
    """Return the share that was declined, and how many questions had each outcome."""
    counts = Counter(each.outcome for each in asked)
    clusters: dict[str, list[float]] = {}
    for each in asked:
        value = 100.0 * (each.outcome == "declined")
        clusters.setdefault(each.question.conversation, []).append(value)
    interval = mean_interval(clusters, highest=100.0)
    return {
        "n": len(asked),
        "declined": asdict(
            Estimate(value=100.0 * counts["declined"] / len(asked), interval=interval, n=len(asked))
        ),
        "outcomes": {name: counts[name] for name in OUTCOMES},
    }


def _incomplete(counted: Sequence[Asked], unscored: int, signature: str) -> AbstentionMeasure:
    return AbstentionMeasure(
        scores=MetricScores(
            state="not_computed",
            reason=f"The judge gave no verdict on {unscored:,} of the answers.",
            signature=signature,
            scale=METRICS["a"].scale,
        )
    )

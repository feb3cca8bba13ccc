"""Which answers are wrong, and by whose verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from locomo_vqa.benchmark import TextQuestion
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import Scores

from ..judging.rules import compare_words
from .causes import Judged

__all__ = ["wrong_answers"]

_BY_RULES = "j:judge=rules-"


def wrong_answers(
    questions: Sequence[Question], given: Mapping[str, Prediction], scores: Scores
) -> dict[str, Judged]:
    """Return whose verdict says so, by the id of each question that is not answered right.

    V decides for visual questions. For text questions the judge of J decides, where it has none the
    verdicts in the file, and where neither has one, the lenient rules of the judge `rules`.
    """
    verdicts: dict[str, dict[str, float]] = {}
    for row in scores.by_question:
        if row.metric in ("j", "reported_j", "v") and row.value is not None:
            share = row.value / METRICS[row.metric].scale
            verdicts.setdefault(row.metric, {})[row.question_id] = share
    signature = scores.metrics["j"].signature if "j" in scores.metrics else None
    by_judge: Judged = "rules" if (signature or "").startswith(_BY_RULES) else "judge"
    wrong: dict[str, Judged] = {}
    for question in questions:
        value, by = _verdict(question, given.get(question.id), verdicts, by_judge)
        if value < 0.5:
            wrong[question.id] = by
    return wrong


def _verdict(
    question: Question,
    prediction: Prediction | None,
    verdicts: Mapping[str, Mapping[str, float]],
    by_judge: Judged,
) -> tuple[float, Judged]:
    answer = (prediction.prediction if prediction and prediction.state == "ok" else None) or ""
    gold = question.answer or ""
    if not isinstance(question, TextQuestion):
        found = verdicts.get("v", {}).get(question.id)
        return found if found is not None else float(answer.strip().lower() == gold.lower()), "v"
    sources: tuple[tuple[str, Judged], ...] = (("j", by_judge), ("reported_j", "reported"))
    for metric, by in sources:
        if (value := verdicts.get(metric, {}).get(question.id)) is not None:
            return value, by
    return float(compare_words(question.question, gold, answer, strict=False)[0]), "rules"

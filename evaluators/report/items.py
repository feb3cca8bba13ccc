"""Collects the questions of a report, with answers, evidence, and retrieved passages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from locomo_vqa.benchmark import CATEGORIES, Session, TextQuestion, Turn
from locomo_vqa.benchmark.questions import Question, questions_answered
from locomo_vqa.benchmark.twins import VisualTwin
from locomo_vqa.local_paths import public_text
from locomo_vqa.metric_names import METRICS
from locomo_vqa.runs import Prediction

from ..scoring import ScoreReport
from .failures import causes_by_question
from .judges import verdicts_of

__all__ = ["LEVELS", "Kind", "Level", "asked_in", "items_of", "kind_of", "worst_first"]


_MOST_VERDICTS = 10

Kind = Literal["text", "adversarial", "visual", "twin"]
"""How a question's answer is scored: text metrics, A, V, or A again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The limits on the texts that a report shows."""

    answer: int
    """The maximum characters of a question, gold answer or answer."""
    passages: int
    """The maximum number of retrieved passages per question."""
    passage: int
    """The maximum characters of a passage, or of a turn in the evidence."""
    turns: int
    """The maximum number of turns in the evidence."""


LEVELS = (
    Level(answer=4000, passages=10, passage=800, turns=10),
    Level(answer=2000, passages=5, passage=400, turns=10),
    Level(answer=1000, passages=3, passage=200, turns=5),
    Level(answer=400, passages=0, passage=0, turns=0),
)
"""Sorted from the fullest; a report uses the first that fits."""


@dataclass(frozen=True, slots=True)
class _Pool:
    """Texts that questions share, each stored once; questions refer to them by index."""

    items: list[Any] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)

    def place(self, key: Any, item: Any) -> int:
        if key not in self.places:
            self.places[key] = len(self.items)
            self.items.append(item)
        return self.places[key]


def asked_in(report: ScoreReport) -> list[Question]:
    """Return the split's questions of the kinds that have any answer, in the benchmark's order.

    These are the scored questions, and the adversarial ones if any of them was answered.
    """
    split = report.document["dataset"]["split"]
    questions = questions_answered(report.benchmark, split, report.predictions)
    given = {prediction.question_id for prediction in report.predictions}
    kinds = {kind_of(question) for question in questions if question.id in given}
    return [question for question in questions if kind_of(question) in kinds]


def kind_of(question: Question) -> Kind:
    """Return whether a question is visual, adversarial, or a text question with a gold answer."""
    if isinstance(question, VisualTwin):
        return "twin"
    if not isinstance(question, TextQuestion):
        return "visual"
    return "adversarial" if question.category == 5 else "text"


def worst_first(questions: Sequence[Question], report: ScoreReport) -> list[Question]:
    """Return questions sorted from the worst answer to the best.

    They are sorted by the first computed metric of J, V, L and the others, as a share of its scale;
    then unanswered ones come first; then by the mean of all metrics. Questions without any value
    come last.
    """
    scales = {
        name: metric["scale"] or 1
        for name, metric in report.document["metrics"].items()
        if metric["state"] != "not_computed"
    }
    order = [name for name in ("j", "v", "l") if name in scales]
    order += [name for name in scales if name not in order]
    values = _values_by_question(report)
    given = {prediction.question_id: prediction.state for prediction in report.predictions}

    def badness(question: Question) -> tuple[float, bool, float]:
        found = values.get(question.id, {})
        shares = [
            value / scales[name]
            for name in order
            if name in scales and (value := found.get(name)) is not None
        ]
        if not shares:
            return (2.0, False, 0.0)
        return (shares[0], given.get(question.id) == "ok", sum(shares) / len(shares))

    return sorted(questions, key=badness)


def items_of(
    questions: Sequence[Question],
    report: ScoreReport,
    level: Level,
    ranks: Mapping[str, int],
) -> dict[str, Any]:
    """Return `questions`, and the `turns` and `passages` that they refer to by index.

    `ranks` has each question's place in the order of `worst_first`, by question id.
    """
    given = {prediction.question_id: prediction for prediction in report.predictions}
    causes = causes_by_question(report)
    values, verdicts = _values_by_question(report), verdicts_of(report.judgements)
    spoken = {
        (conversation.id, turn.id): (session, turn)
        for conversation in report.benchmark.conversations
        for session, turn in conversation.turns()
    }
    turns, passages = _Pool(), _Pool()
    rows = []
    for question in questions:
        evidence = _evidence_turns(question)[: level.turns]
        row = {
            **_question_row(question, level),
            **_answer_row(given.get(question.id), level),
            "rank": ranks[question.id],
            "values": values.get(question.id, {}),
            "evidence": [
                turns.place((question.conversation, name), _turn_row(name, found, level))
                for name in evidence
                for found in [spoken.get((question.conversation, name))]
            ],
        }
        if level.passages and question.id in verdicts:
            row["verdicts"] = [
                [judge, state, _cut(why, level.passage)]
                for judge, state, why in verdicts[question.id][:_MOST_VERDICTS]
            ]
        if question.id in causes:
            row["why"] = [*causes[question.id][:3], _cut(str(causes[question.id][3]), level.answer)]
        if (answer := given.get(question.id)) is not None and answer.retrieved:
            row["hits"] = [
                [
                    passages.place(hit.text, _cut(hit.text, level.passage)),
                    _finite(hit.score),
                    hit.turn and hit.turn[:100],
                ]
                for hit in answer.retrieved[: level.passages]
            ]
            row["retrieved"] = len(answer.retrieved)
        rows.append(row)
    return {"questions": rows, "turns": turns.items, "passages": passages.items}


def _values_by_question(report: ScoreReport) -> dict[str, dict[str, float | None]]:
    values: dict[str, dict[str, float | None]] = {}
    for row in report.scores.by_question:
        if METRICS[row.metric].contributes:
            continue  # A question's part of A says nothing by itself.
        values.setdefault(row.question_id, {})[row.metric] = _finite(row.value)
    return values


def _finite(number: float | None) -> float | None:
    """Return the number, or None if JSON can't represent it."""
    return number if number is not None and math.isfinite(number) else None


def _question_row(question: Question, level: Level) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": question.id,
        "conversation": question.conversation,
        "question": _cut(question.question, level.answer),
        "gold": None if question.answer is None else _cut(question.answer, level.answer),
    }
    if isinstance(question, VisualTwin):
        return row | {
            "kind": "visual",
            "group": question.type,
            "gold": None,
            "image": None,
            "reason": f"A visual twin of {question.day}: such an image was never shared.",
        }
    if not isinstance(question, TextQuestion):
        return row | {
            "kind": "visual",
            "group": question.type,
            "image": question.image,
            "reason": _cut(question.reason, level.answer),
        }
    row |= {"kind": "text", "group": CATEGORIES[question.category]}
    if question.adversarial_answer is not None:
        row["trap"] = _cut(question.adversarial_answer, level.answer)
    if question.erratum is not None:
        row["erratum"] = question.erratum.kind
    return row


def _answer_row(answer: Prediction | None, level: Level) -> dict[str, Any]:
    if answer is None:
        return {"state": "missing", "answer": None}
    row: dict[str, Any] = {"state": answer.state, "answer": None}
    if answer.prediction is not None:
        row["answer"] = _cut(answer.prediction, level.answer)
    if answer.latency_ms is not None:
        row["latency"] = _finite(round(answer.latency_ms, 1))
    if answer.usage is not None:
        usage = answer.usage
        row["usage"] = [usage.input_tokens, usage.output_tokens, usage.calls]
    if answer.error:
        row["error"] = _cut(public_text(answer.error), min(level.answer, 1000))
    return row


def _evidence_turns(question: Question) -> Sequence[str]:
    if isinstance(question, VisualTwin):
        return ()
    return question.evidence if isinstance(question, TextQuestion) else (question.turn,)


def _turn_row(name: str, found: tuple[Session, Turn] | None, level: Level) -> Mapping[str, Any]:
    if found is None:
        return {"id": name[:100], "text": None}
    session, turn = found
    return {
        "id": turn.id,
        "time": f"{session.time:%Y-%m-%d %H:%M}",
        "speaker": turn.speaker,
        "text": _cut(turn.text, level.passage),
        "captions": [_cut(image.caption or "", level.passage) for image in turn.images[:3]],
    }


def _cut(text: str, most: int) -> str | list[Any]:
    """Return a text, or its beginning and its full length in characters."""
    return text if len(text) <= most else [text[:most], len(text)]

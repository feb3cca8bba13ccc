"""Writes the notes on conversations far from the others, by verdicts if there are any.

The overlap of words with the gold answer depends on how long answers are: in 30 published result
files it set 11 conversations apart, of which none had been lost, and verdicts set 3 apart, which
all had been.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.runs import Prediction
from locomo_vqa.scores import Scores

from ..statistics.outliers import FarConversation, far_conversations
from .reported import NAME as REPORTED

__all__ = ["notes_on_far"]

SIMILAR_LENGTH = 1.5
"""Answers of two conversations are of similar length if neither mean is larger by this factor."""

LOST = 0.5
"""A value below this share of the others' may mean that a conversation was not ingested.

In the published files, conversations that had been lost are at 0.21 and 0.34 of the others. If
sound ones differ by 0.5 on the logit scale around 75 %, one file in six has one that is far below
the others, but one in 75 has one below half.
"""

_ASKED_BELOW = "Was it ingested?"
_ASKED_ABOVE = "Was the system made with it?"
_UNASKED_BELOW = "Some conversations are harder than others; its wrong answers say why."
_UNASKED = (
    "Overlap with the gold answer depends on the length and the wording of answers; a judge's "
    "verdicts would say more."
)

Values = Mapping[str, Sequence[float]]
"""Values by conversation."""


@dataclass(frozen=True, slots=True)
class _Lengths:
    """The mean number of words of a conversation's answers, and of the others'."""

    here: float
    others: float

    @property
    def differ(self) -> bool:
        return not 1 / SIMILAR_LENGTH < self.here / (self.others or 1e-9) < SIMILAR_LENGTH


def notes_on_far(
    scores: Scores,
    predictions: Sequence[Prediction],
    conversations: Mapping[str, str],
    *,
    verdicts: Mapping[str, float],
) -> list[str]:
    """Return a note for each conversation far from the others.

    J decides about text questions, or reported J. Only without either are metrics of overlap used;
    then the lengths of answers are given, and nothing is asked where they explain the distance.

    Args:
        scores: the scores of the predictions.
        predictions: the answers.
        conversations: the conversation of each question in the split.
        verdicts: verdicts in the predictions' file, from 0 to 1, by question id; they are used if
            there is no J and reported J was not computed.
    """
    values = _values_by_conversation(scores, conversations)
    if (
        "j" not in values
        and REPORTED not in values
        and (found := _grouped(verdicts, conversations))
    ):
        values[REPORTED] = found
    by_verdict = next((name for name in ("j", REPORTED) if name in values), None)
    of_v = list(_by_verdict("v", values["v"])) if "v" in values else []
    if by_verdict is not None:
        return [*_by_verdict(by_verdict, values[by_verdict]), *of_v]
    overlap = {name: groups for name, groups in values.items() if METRICS[name].overlap}
    return [*_by_overlap(overlap, _words_by_conversation(predictions, conversations)), *of_v]


def _values_by_conversation(
    scores: Scores, conversations: Mapping[str, str]
) -> dict[str, dict[str, list[float]]]:
    """Return a metric's values by conversation.

    Left out are A, questions without a value, such as unscored ones, and conversations without any
    answer: a file with one conversation says nothing about the others.
    """
    rows = [row for row in scores.by_question if not METRICS[row.metric].contributes]
    answered = {conversations[row.question_id] for row in rows if row.state != "missing"}
    values: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if row.value is not None and conversations[row.question_id] in answered:
            groups = values.setdefault(row.metric, {})
            groups.setdefault(conversations[row.question_id], []).append(row.value)
    return values


def _grouped(
    verdicts: Mapping[str, float], conversations: Mapping[str, str]
) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for question_id, value in verdicts.items():
        if question_id in conversations:
            scaled = value * METRICS[REPORTED].scale
            groups.setdefault(conversations[question_id], []).append(scaled)
    return groups


def _by_verdict(name: str, groups: Values) -> Iterator[str]:
    for one in far_conversations(groups):
        below = one.mean < one.others
        why = _ASKED_BELOW if one.mean < LOST * one.others else _UNASKED_BELOW
        yield f"{_beginning(one, below)} ({_figures(name, one)}). {why if below else _ASKED_ABOVE}"


def _by_overlap(
    metrics: Mapping[str, Values], words: Mapping[str, Sequence[float]]
) -> Iterator[str]:
    far: dict[tuple[str, bool], dict[str, FarConversation]] = {}
    for name, groups in metrics.items():
        for one in far_conversations(groups):
            far.setdefault((one.conversation, one.mean < one.others), {})[name] = one
    for (conversation, below), found in far.items():
        lengths = _lengths(conversation, words)
        figures = ", ".join(_figures(name, one) for name, one in found.items())
        lost = below and all(one.mean < LOST * one.others for one in found.values())
        yield (
            f"{_beginning(next(iter(found.values())), below)} ({figures}); its answers have "
            f"{lengths.here:.1f} words, the others' {lengths.others:.1f}. "
            f"{_ASKED_BELOW if lost and not lengths.differ else _UNASKED}"
        )


def _lengths(conversation: str, words: Mapping[str, Sequence[float]]) -> _Lengths:
    others = [fmean(counts) for name, counts in words.items() if name != conversation]
    here = words.get(conversation) or [0.0]
    return _Lengths(fmean(here), fmean(others) if others else 0.0)


def _words_by_conversation(
    predictions: Sequence[Prediction], conversations: Mapping[str, str]
) -> dict[str, list[float]]:
    words: dict[str, list[float]] = {}
    for row in predictions:
        if row.prediction and row.question_id in conversations:
            groups = words.setdefault(conversations[row.question_id], [])
            groups.append(float(len(row.prediction.split())))
    return words


def _beginning(one: FarConversation, below: bool) -> str:
    return f"{one.conversation} is far {'below' if below else 'above'} the other conversations"


def _figures(name: str, one: FarConversation) -> str:
    digits = 1 if METRICS[name].scale == 100 else 4
    return f"{metric_title(name)} {one.mean:.{digits}f} against {one.others:.{digits}f}"

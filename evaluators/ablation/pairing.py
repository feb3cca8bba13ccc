"""Sorts the answers of a certificate's runs by what was shown for each question."""

from __future__ import annotations

from collections.abc import Sequence

from locomo_vqa.benchmark import VisualQuestion
from locomo_vqa.runs import Prediction, VisualMode

from ..running.crossing import Crossing
from .comparison import PairedAnswer

__all__ = ["paired_answers"]


def paired_answers(
    questions: Sequence[VisualQuestion],
    crossed: tuple[Sequence[Prediction], Sequence[Prediction]],
    captions: Sequence[Prediction],
    *,
    visual: VisualMode,
    secret: str,
) -> list[PairedAnswer]:
    """Return the answers to visual questions by what was shown, as the coins of a secret say."""
    first, second, caption = (
        {each.question_id: each for each in predictions} for predictions in (*crossed, captions)
    )
    coins = Crossing(secret=secret, visual=visual, part=1)
    paired = []
    for question in questions:
        own, other = first.get(question.id), second.get(question.id)
        if not coins.shows_own(question.conversation, question.image):
            own, other = other, own
        paired.append(
            PairedAnswer(
                question=question.id,
                conversation=question.conversation,
                image=question.image,
                gold=question.answer,
                own=_answer_of(own),
                other=_answer_of(other),
                caption=_answer_of(caption.get(question.id)),
            )
        )
    return paired


def _answer_of(prediction: Prediction | None) -> str | None:
    """Return an answer that counts in a comparison; None without one."""
    return prediction.prediction if prediction is not None and prediction.state == "ok" else None

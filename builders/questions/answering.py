"""Asks models visual questions in one word: with the image, without it, or with its caption."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Literal

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.exact_match import exact_match
from locomo_vqa.models.chat import ChatModel, ChatRequest, ModelError
from locomo_vqa.prompts import answer_visual
from locomo_vqa.responses import reject_replies

from .asking import ImageLoader, ask_each
from .rows import QuestionRow
from .writing import stop_if_denied

__all__ = ["Trial", "TrialResult", "answer_all"]

MAX_ANSWER_TOKENS = 16
"""The longest reply in tokens: one word, with room for a model that says a little more."""

Shown = Literal["image", "nothing", "caption"]
"""What a model gets with the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A question, and what is shown with it."""

    row: QuestionRow
    shown: Shown
    caption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """A model's answer."""

    trial: Trial
    answer: str | None
    """The reply's text; None if there was no reply."""
    correct: bool | None
    """Whether they match the question's answer exactly (V); None if there was no reply."""
    error: str | None = None
    """Why there was no reply."""


async def answer_all(
    model: ChatModel, benchmark: Benchmark, trials: Iterable[Trial]
) -> AsyncIterator[TrialResult]:
    """Yield the result of each trial as the replies arrive."""
    async for result in ask_each(
        model, benchmark, trials, _answer, image_of=lambda trial: trial.row.image
    ):
        yield result


async def _answer(model: ChatModel, load: ImageLoader, trial: Trial) -> TrialResult:
    row = trial.row
    assert row.question is not None and row.answer is not None
    caption = trial.caption if trial.shown == "caption" else None
    request = ChatRequest(
        text=answer_visual(row.question, caption=caption),
        images=(load(row.image),) if trial.shown == "image" else (),
        max_tokens=MAX_ANSWER_TOKENS,
    )
    try:
        reply = await model.ask(request)
    except ModelError as error:
        stop_if_denied(model, error)
        return TrialResult(trial=trial, answer=None, correct=None, error=str(error))
    if reply.finish == "refused":
        error_text = f"refused: {reply.text}" if reply.text else "refused, or filtered"
        return TrialResult(trial=trial, answer=None, correct=None, error=error_text)
    if not reply.text.strip():
        reject_replies(model, [request])
        return TrialResult(trial=trial, answer=None, correct=None, error="the reply is empty")
    return TrialResult(trial=trial, answer=reply.text, correct=exact_match(reply.text, row.answer))

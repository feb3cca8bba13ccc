"""Asks models visual questions in one word: with the picture, without it, or with its caption."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Literal

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.exact_match import exact_match
from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatModel, ChatRequest, ModelError
from locomo_vqa.prompts import answer_visual

from .generation import load_picture
from .questions_file import QuestionRow

__all__ = ["Asked", "Verdict", "answer_all"]

MAX_ANSWER_TOKENS = 16
"""One word, with room for a model that says a little more."""

Shown = Literal["picture", "nothing", "caption"]
"""What a model is shown beside the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, and what is shown with it."""

    row: QuestionRow
    shown: Shown
    caption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a model answered."""

    asked: Asked
    answer: str | None
    """The words; None where there was no reply."""
    correct: bool | None
    """Whether they match the question's answer exactly (V); None where there was no reply."""
    error: str | None = None
    """Why there was none."""


async def answer_all(
    model: ChatModel, benchmark: Benchmark, asked: Iterable[Asked]
) -> AsyncIterator[Verdict]:
    """Yield a verdict for each question as it is answered."""

    async def work(item: Asked) -> Verdict:
        return await _answer(model, benchmark, item)

    async for _, verdict in gather_bounded(asked, work, at_once=2 * model.in_flight):
        yield verdict


async def _answer(model: ChatModel, benchmark: Benchmark, item: Asked) -> Verdict:
    row = item.row
    assert row.question is not None and row.answer is not None
    caption = item.caption if item.shown == "caption" else None
    request = ChatRequest(
        text=answer_visual(row.question, caption=caption),
        images=(load_picture(benchmark, row.image),) if item.shown == "picture" else (),
        max_tokens=MAX_ANSWER_TOKENS,
    )
    try:
        reply = await model.ask(request)
    except ModelError as error:
        return Verdict(asked=item, answer=None, correct=None, error=str(error))
    return Verdict(asked=item, answer=reply.text, correct=exact_match(reply.text, row.answer))

"""Compares the answers of the student with and without its adapter on the validation questions.

A lower validation loss does not show what the adapter is worth: a small student may learn to answer
briefly, which raises F1, and find fewer facts than before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from locomo_vqa.models.asking import gather_bounded
from locomo_vqa.models.chat import ChatModel, ChatReply, ChatRequest, ModelError
from locomo_vqa.models.expert_opening import open_experts
from locomo_vqa.models.expert_requests import ExpertBase
from locomo_vqa.models.experts import find_experts
from locomo_vqa.models.names import ModelName
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.responses import ResponseStore, StoredModel

from ..memory.experts import GENERATION_EXPERT
from ..memory.generation import ANSWER_TOKEN_LIMIT
from ..metrics import get_metric
from .examples import Example

__all__ = ["check_adapter", "describe_answers"]


def check_adapter(
    student: ModelName,
    adapter: Path,
    examples: Sequence[Example],
    store: ResponseStore,
    *,
    progress: ProgressCallback,
) -> dict[str, Any]:
    """Return the figures of `describe_answers` for the student without and with its adapter.

    Replies in the store are not made again.

    Raises:
        InputError: the adapter belongs to another student.
        MissingResource: the packages or the student's weights are not on this machine.
    """
    return asyncio.run(_check(student, adapter, examples, store, progress))


async def _check(
    student: ModelName,
    adapter: Path,
    examples: Sequence[Example],
    store: ResponseStore,
    progress: ProgressCallback,
) -> dict[str, Any]:
    (found,) = find_experts(adapter.parent, [adapter.name])
    base = open_experts(student, [replace(found, name=GENERATION_EXPERT)])
    try:
        figures: dict[str, Any] = {"questions": len(examples)}
        models: dict[str, ChatModel] = {
            "student": _WithoutAdapter(base),
            "adapter": base.expert(GENERATION_EXPERT),
        }
        for name, model in models.items():
            stored = StoredModel(model, store)
            replies = await _ask_all(stored, examples, f"validation of the {name}", progress)
            figures[name] = describe_answers(replies, [each.reply for each in examples])
        return figures
    finally:
        await base.close()


class _WithoutAdapter:
    """The base model alone, whose replies are stored apart from the adapter's."""

    def __init__(self, base: ExpertBase) -> None:
        self._base = base
        self.name, self.in_flight = base.name, base.in_flight

    def identity(self) -> Mapping[str, Any]:
        """Return the base model's identity, without the adapter's hash."""
        return {name: value for name, value in self._base.identity().items() if name != "experts"}

    async def ask(self, request: ChatRequest) -> ChatReply:
        """Return the base model's reply."""
        return await self._base.ask(request)

    async def close(self) -> None:
        """Do nothing: the adapter still needs the base model."""


async def _ask_all(
    model: ChatModel, examples: Sequence[Example], what: str, progress: ProgressCallback
) -> list[str]:
    async def ask(number: int) -> str:
        prompt = examples[number].prompt
        try:
            reply = await model.ask(ChatRequest(text=prompt, max_tokens=ANSWER_TOKEN_LIMIT))
        except ModelError:
            return ""  # In a run, the question would have no answer either.
        return reply.text.strip()

    replies: dict[int, str] = {}
    finished = gather_bounded(range(len(examples)), ask, at_once=2 * model.in_flight)
    async for number, reply in finished:
        replies[number] = reply
        progress(what, len(replies), len(examples))
    return [replies[number] for number in range(len(examples))]


def describe_answers(replies: Sequence[str], gold: Sequence[str]) -> Mapping[str, float]:
    """Return mean F1, the share of replies that contain the gold answer, and words per reply."""
    score = get_metric("f1").score
    pairs = list(zip(replies, gold, strict=True))
    return {
        "f1": round(sum(score(reply, answer) for reply, answer in pairs) / len(pairs), 4),
        "contains_gold": round(
            sum(answer.lower() in reply.lower() for reply, answer in pairs) / len(pairs), 4
        ),
        "words": round(sum(len(reply.split()) for reply in replies) / len(pairs), 1),
    }

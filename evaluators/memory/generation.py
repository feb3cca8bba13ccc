"""The last stage: answers a question from the memories that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from locomo_vqa.context_budget import fit_texts
from locomo_vqa.models.chat import ChatRequest, ModelFailed
from locomo_vqa.system import Answer, ContextBudget, Hit

from .prompts import answer_prompt, memory_block, said_at
from .settings import MemorySettings
from .stage_models import StageModels
from .store import Memory
from .too_long import is_too_long

__all__ = ["ANSWER_TOKEN_LIMIT", "Found", "answer_from"]

ANSWER_TOKEN_LIMIT = 256
"""The maximum length of an answer, in tokens."""


@dataclass(frozen=True, slots=True)
class Found:
    """A memory that was found for a question."""

    memory: Memory
    """The memory."""
    distance: float
    """How far it is from the question."""
    owner: str | None = None
    """The speaker whose memory it is; None without stores by speaker."""


async def answer_from(
    found: Sequence[Found],
    question: str,
    now: datetime,
    *,
    settings: MemorySettings,
    models: StageModels,
    context: ContextBudget | None,
    speakers: Sequence[str] = (),
) -> Answer:
    """Answer a question from memories, nearest first, as far as the run's budget goes.

    With `speakers`, each memory has an owner, and is shown under that name.

    Raises:
        ModelError: a request got no reply.
    """

    def owners(number: int) -> list[str] | None:
        return [each.owner or "" for each in found[:number]] if speakers else None

    def block(texts: Sequence[str]) -> str:
        return memory_block(texts, owners(len(texts)), speakers)

    while True:
        shown = [_as_shown(each.memory, settings.timed_memories) for each in found]
        fitted = fit_texts(shown, context, as_block=block)
        request = ChatRequest(
            text=answer_prompt(
                fitted.texts,
                question,
                form=settings.prompts,
                now=now,
                own=settings.own_prompts,
                owners=owners(len(fitted.texts)),
                speakers=speakers,
            ),
            max_tokens=ANSWER_TOKEN_LIMIT,
        )
        try:
            reply = await models.ask("generation", request)
            break
        except ModelFailed as error:
            if not found or not is_too_long(error):
                raise
            found = found[: len(found) // 2]  # The nearest ones stay.
    if not reply.text.strip():
        models.reject("generation", [request])
    return Answer(
        text=reply.text.strip(),
        refused=reply.finish == "refused",
        retrieved=tuple(_hit(text, each) for text, each in zip(fitted.texts, found, strict=False)),
        usage=reply.usage,
        context_tokens=fitted.tokens,
    )


def _as_shown(memory: Memory, timed: bool) -> str:
    return f"{said_at(memory.time)}: {memory.text}" if timed else memory.text


def _hit(text: str, found: Found) -> Hit:
    turns = found.memory.turns
    return Hit(
        text=text,
        score=0.0 - round(found.distance, 6),
        turn=turns[-1],
        turns=turns if len(turns) > 1 else (),
    )

"""Samples of the generation stage: gold answers with the memories that a teacher made.

Source: MemLoRA's data generation (arXiv 2512.04763, algorithm B2).
"""

from __future__ import annotations

from datetime import datetime

from locomo_vqa.benchmark import Benchmark, Conversation

from ...memory import MemorySettings, Pipeline
from ...memory.prompts import answer_prompt
from .samples import Sample, Samples

__all__ = ["add_generation_samples"]


async def add_generation_samples(
    samples: Samples,
    benchmark: Benchmark,
    conversation: Conversation,
    pipeline: Pipeline,
    settings: MemorySettings,
    now: datetime,
) -> None:
    """Add a sample for each text question of a conversation that has a gold answer.

    Adversarial questions have none; questions that occur twice are added once.

    Raises:
        ModelError: the embedder returned no vectors.
    """
    for question in benchmark.text_questions:
        if question.conversation != conversation.id or question.category == 5:
            continue
        if question.answer is None or question.duplicate_of is not None:
            samples.dropped["no_gold_answer" if question.answer is None else "duplicate"] += 1
            continue
        memories = [memory.text for memory, _ in await pipeline.search(question.question)]
        prompt = answer_prompt(memories, question.question, form=settings.prompts, now=now)
        sample = Sample(
            id=question.id,
            conversation=conversation.id,
            prompt=prompt,
            reply=str(question.answer),
        )
        samples.by_split[conversation.split].append(sample)

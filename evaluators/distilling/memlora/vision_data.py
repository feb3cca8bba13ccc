"""Samples of the vision stage: the benchmark's visual questions, with answers and reasons.

The large model that wrote a question also wrote its answer and its reason; a person may have
corrected them. The teacher is not asked again.

Source: MemLoRA (arXiv 2512.04763, section 3.3 and algorithm B2).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.files import new_file
from locomo_vqa.prompts import answer_visual

from .samples import DATA_SPLITS, Sample, Samples

__all__ = ["VisionTarget", "add_vision_samples"]

VisionTarget = Literal["answer-and-reason", "answer"]
"""What a vision expert learns to reply: JSON with answer and reason, as in the paper, or the answer
alone."""


def add_vision_samples(
    samples: Samples, benchmark: Benchmark, folder: Path, *, target: VisionTarget
) -> None:
    """Add a sample for each visual question, and copy its image to `folder/images`.

    Raises:
        InputError: an image is missing.
        OutputError: an image can't be copied.
    """
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    for question in benchmark.visual_questions:
        if question.split not in DATA_SPLITS:
            continue
        source = benchmark.image_path(question.image)
        data = benchmark.read_image(question.image)
        copy = images / source.name
        if not copy.exists():
            with new_file(copy) as part:
                part.write_bytes(data)
        reply = question.answer
        if target == "answer-and-reason":
            reply = json.dumps(
                {"answer": question.answer, "reason": question.reason}, ensure_ascii=False
            )
        sample = Sample(
            id=question.id,
            conversation=question.conversation,
            prompt=answer_visual(question.question),
            reply=reply,
            image=source.name,
        )
        samples.by_split[question.split].append(sample)

"""Generates the sample benchmark: conversations, images and what is true of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.files import write_json, write_jsonl

from .conversation import draw_conversation
from .scenes import Scene
from .visual_questions import draw_visual_question

__all__ = [
    "IMAGE_SIZE",
    "Sample",
    "SampleQuestion",
    "generate_sample",
    "image_name",
    "write_sample",
]

IMAGE_SIZE = 224
"""The width and height of written images, in pixels."""

_PALETTE = 96


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """A visual question about an image of the sample."""

    conversation: str
    """The conversation's `sample_id`."""
    turn: str
    """The turn that shares the image."""
    url: str
    """The image's URL."""
    type: QuestionType
    """One of the eight candidate types."""
    question: str
    """The question's words."""
    answer: str
    """One lower-case word."""
    reason: str
    """Why the answer is right, in a sentence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Conversations, and the ground truth of their images."""

    conversations: list[dict[str, Any]]
    """In LoCoMo's layout."""
    scenes: Mapping[str, Scene]
    """The scene of every image, by URL."""
    visual_questions: tuple[SampleQuestion, ...]
    """For every image, a question of each type that applies."""


def generate_sample(seed: int = 0, conversations: int = 10) -> Sample:
    """Return a sample; the same arguments give the same one.

    Asking for more conversations does not change the first ones.
    """
    drafts = [
        draw_conversation(random.Random(f"{seed}/{n}"), n) for n in range(1, conversations + 1)
    ]
    return Sample(
        conversations=[draft.locomo for draft in drafts],
        scenes={url: scene for draft in drafts for url, scene in draft.scenes.items()},
        visual_questions=tuple(
            question
            for draft in drafts
            for question in _visual_questions(draft.locomo, draft.scenes, seed)
        ),
    )


def _visual_questions(
    locomo: Mapping[str, Any], scenes: Mapping[str, Scene], seed: int
) -> list[SampleQuestion]:
    rng = random.Random(f"{seed}/{locomo['sample_id']}/visual")
    questions = []
    for session in locomo["conversation"].values():
        if not isinstance(session, list):
            continue
        for turn in session:
            for url in turn.get("img_url", ()):
                for type in QUESTION_TYPES:
                    drawn = draw_visual_question(scenes[url], type, rng)
                    if drawn:
                        about = (locomo["sample_id"], turn["dia_id"], url, type)
                        questions.append(SampleQuestion(*about, **asdict(drawn)))
    return questions


def image_name(url: str) -> str:
    """Return the file name of an image: `sample-01-3.png` for `…/sample-01/3.png`."""
    conversation, name = url.rsplit("/", 2)[1:]
    return f"{conversation}-{name}"


def write_sample(folder: Path, seed: int = 0, conversations: int = 10) -> Sample:
    """Write `locomo.json`, `scenes.jsonl` and `images/` into a folder, and return the sample."""
    from PIL import Image

    from .painter import paint

    sample = generate_sample(seed, conversations)
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    write_json(folder / "locomo.json", sample.conversations)
    truth = ({"url": url, "scene": scene.to_dict()} for url, scene in sample.scenes.items())
    write_jsonl(folder / "scenes.jsonl", truth)
    for url, scene in sample.scenes.items():
        image = paint(scene, IMAGE_SIZE).quantize(
            _PALETTE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        image.save(images / image_name(url), optimize=True)
    return sample

"""Measures how often a model is right, both when it answers and when it writes questions."""

from __future__ import annotations

import io
import json
import random
import time
from collections.abc import Callable, Iterable, Sequence

from PIL import Image

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.builders.questions.question_types import generation_prompt
from locomo_vqa.builders.sample.painter import paint
from locomo_vqa.builders.sample.scenes import Scene, make_scene
from locomo_vqa.builders.sample.truth import applies, is_true
from locomo_vqa.builders.sample.visual_questions import SceneQuestion, caption, draw_visual_question
from locomo_vqa.models.embedded import EmbeddedModel, EmbeddedPrompt
from locomo_vqa.prompts import answer_visual
from scripts.embedded.images import darkened, jpeg

__all__ = ["VARIANTS", "answers", "fresh_scenes", "measure", "png", "writes"]

Variant = Callable[[Scene], Image.Image]
AskedQuestion = tuple[Scene, QuestionType, SceneQuestion]

VARIANTS: dict[str, Variant] = {
    "as drawn": paint,
    "dark background": lambda scene: darkened(scene, random.Random(scene.grain)),
    "JPEG, quality 50": lambda scene: jpeg(paint(scene), 50),
    "320 pixels": lambda scene: paint(scene, 320),
    "128 pixels": lambda scene: paint(scene, 128),
    "half as bright": lambda scene: paint(scene).point(lambda value: value // 2),
}
"""How images are altered before a model sees them."""

_ANSWER_TOKENS, _RECORD_TOKENS = 8, 64


def fresh_scenes(count: int, seed: int = 10_000_019) -> list[Scene]:
    """Return scenes drawn with a seed that training does not use."""
    rng = random.Random(seed)
    return [make_scene(rng) for _ in range(count)]


def png(image: Image.Image) -> bytes:
    """Return the image as a PNG file."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def questions(scenes: Iterable[Scene], seed: int = 1) -> list[AskedQuestion]:
    """Return one question of each type that applies, about each scene."""
    rng = random.Random(seed)
    return [
        (scene, type, item)
        for scene in scenes
        for type in QUESTION_TYPES
        if (item := draw_visual_question(scene, type, rng))
    ]


def answers(
    model: EmbeddedModel,
    scenes: Sequence[Scene],
    variant: Variant | None = paint,
    *,
    captions: bool = False,
) -> dict[str, float]:
    """Return the share of questions answered correctly, by type and overall.

    Without a `variant` the image is left out; `captions` puts its caption into the prompt.
    """
    asked = questions(scenes)
    files = {scene: png(variant(scene)) for scene in scenes} if variant else {}
    prompts = [
        EmbeddedPrompt(
            answer_visual(item.question, caption=caption(scene) if captions else None),
            files.get(scene),
        )
        for scene, _, item in asked
    ]
    replies = model.generate(prompts, _ANSWER_TOKENS, threads=2)
    right: dict[str, list[bool]] = {}
    for (_, type, item), reply in zip(asked, replies, strict=True):
        for key in (type, "all"):
            right.setdefault(key, []).append(reply.strip().lower() == item.answer)
    return _shares(right)


def writes(model: EmbeddedModel, scenes: Sequence[Scene]) -> dict[str, dict[str, float]]:
    """Return, by type, how well a model writes questions under the generation prompt.

    "true" is the share of its questions that are true. "declined" is the share of scenes where it
    declines, of those that the type does not apply to; "kept" is the share where it does not, of
    the others. "read" is the share of replies that are JSON with the right fields.
    """
    cases = [(scene, type) for type in QUESTION_TYPES for scene in scenes]
    files = {scene: png(paint(scene)) for scene in scenes}
    prompts = [EmbeddedPrompt(generation_prompt(type), files[scene]) for scene, type in cases]
    found: dict[str, dict[str, list[bool]]] = {}
    for (scene, type), reply in zip(
        cases, model.generate(prompts, _RECORD_TOKENS, threads=2), strict=True
    ):
        for key, value in _judged(scene, type, reply).items():
            for name in (type, "all"):
                found.setdefault(name, {}).setdefault(key, []).append(value)
    return {name: _shares(each) for name, each in found.items()}


def _judged(scene: Scene, type: QuestionType, reply: str) -> dict[str, bool]:
    try:
        record = json.loads(reply)
        question, answer = record["question"], record["answer"]
    except (ValueError, KeyError, TypeError):
        return {"read": False}
    wanted = "kept" if applies(scene, type) else "declined"
    if question is None or answer is None:
        return {"read": True, wanted: wanted == "declined"}
    truth = is_true(scene, type, str(question), str(answer))
    return {"read": True, wanted: wanted == "kept", "true": truth is True}


def _shares(right: dict[str, list[bool]]) -> dict[str, float]:
    return {key: round(sum(values) / len(values), 3) for key, values in right.items()}


def measure(model: EmbeddedModel, count: int = 300) -> dict[str, object]:
    """Return all of a model's figures that the card shows."""
    scenes = fresh_scenes(count)
    variants = {name: answers(model, scenes[: count // 4], each) for name, each in VARIANTS.items()}
    start = time.monotonic()
    answering = answers(model, scenes)
    spent = time.monotonic() - start
    return {
        "scenes": count,
        "answers": answering,
        "answers a second, two threads": round(len(questions(scenes)) / spent, 1),
        "answers by variant": {name: each["all"] for name, each in variants.items()},
        "answers without the image": answers(model, scenes, None),
        "answers from the caption": answers(model, scenes, None, captions=True),
        "writes": writes(model, scenes),
    }

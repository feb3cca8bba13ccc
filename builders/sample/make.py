"""The sample benchmark: conversations, pictures and what is true of them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType
from locomo_vqa.files import write_json, write_jsonl

from .scenes import Scene
from .visual import ask
from .world import tell

__all__ = ["PICTURE_SIZE", "Sample", "SampleItem", "make_sample", "picture_name", "write_sample"]

PICTURE_SIZE = 224
"""Side of the written pictures, in pixels."""

_PALETTE = 96


@dataclass(frozen=True, slots=True)
class SampleItem:
    """A visual question about a picture of the sample."""

    conversation: str
    """The conversation's `sample_id`."""
    turn: str
    """The turn that shares the picture."""
    url: str
    """The picture's URL."""
    type: QuestionType
    """One of the eight candidate types."""
    question: str
    """The question's words."""
    answer: str
    """One lower-case word."""
    reason: str
    """Why, in a sentence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A small world, complete."""

    conversations: list[dict[str, Any]]
    """In LoCoMo's layout."""
    scenes: Mapping[str, Scene]
    """The truth of every picture, by URL."""
    items: tuple[SampleItem, ...]
    """For every picture, a question of each type that applies."""


def make_sample(seed: int = 0, conversations: int = 10) -> Sample:
    """Return a sample; the same arguments give the same one.

    A conversation does not change when more are asked for.
    """
    tales = [tell(random.Random(f"{seed}/{n}"), n) for n in range(1, conversations + 1)]
    scenes = {url: scene for tale in tales for url, scene in tale.scenes.items()}
    return Sample(
        conversations=[tale.locomo for tale in tales],
        scenes=scenes,
        items=tuple(item for tale in tales for item in _items(tale.locomo, tale.scenes, seed)),
    )


def _items(locomo: Mapping[str, Any], scenes: Mapping[str, Scene], seed: int) -> list[SampleItem]:
    rng = random.Random(f"{seed}/{locomo['sample_id']}/visual")
    items = []
    for session in locomo["conversation"].values():
        if not isinstance(session, list):
            continue
        for turn in session:
            for url in turn.get("img_url", ()):
                for type in QUESTION_TYPES:
                    found = ask(scenes[url], type, rng)
                    if found:
                        where = (locomo["sample_id"], turn["dia_id"], url, type)
                        items.append(SampleItem(*where, **asdict(found)))
    return items


def picture_name(url: str) -> str:
    """Return the file name of a picture: `sample-01-3.png` for `…/sample-01/3.png`."""
    conversation, name = url.rsplit("/", 2)[1:]
    return f"{conversation}-{name}"


def write_sample(folder: Path, seed: int = 0, conversations: int = 10) -> Sample:
    """Write `locomo.json`, `scenes.jsonl` and `pictures/` into a folder, and return the sample."""
    from PIL import Image

    from .painter import paint

    sample = make_sample(seed, conversations)
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    write_json(folder / "locomo.json", sample.conversations)
    truth = ({"url": url, "scene": scene.to_dict()} for url, scene in sample.scenes.items())
    write_jsonl(folder / "scenes.jsonl", truth)
    for url, scene in sample.scenes.items():
        picture = paint(scene, PICTURE_SIZE).quantize(
            _PALETTE, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
        picture.save(pictures / picture_name(url), optimize=True)
    return sample

"""Pictures to train on: drawn afresh, and changed as real files are."""

from __future__ import annotations

import io
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image, ImageChops

from locomo_vqa.builders.sample.painter import paint
from locomo_vqa.builders.sample.scenes import Scene, make_scene
from locomo_vqa.models.embedded.pictures import SIDE

__all__ = ["darkened", "draw", "draw_many", "jpeg"]

_SIZES = (112, 160, 192, 256, 320)
_CHUNK = 500


def draw_many(
    count: int, seed: int, *, changed: bool = True, processes: int = 2
) -> tuple[list[Scene], np.ndarray]:
    """Draw scenes and their pictures, as bytes of shape (count, 112, 112, 3)."""
    seeds = [seed * 1_000_003 + start for start in range(0, count, _CHUNK)]
    with ProcessPoolExecutor(processes) as pool:
        chunks = list(pool.map(partial(_chunk, changed=changed), seeds))
    scenes = [scene for part, _ in chunks for scene in part][:count]
    return scenes, np.concatenate([pixels for _, pixels in chunks])[:count]


def _chunk(seed: int, *, changed: bool) -> tuple[list[Scene], np.ndarray]:
    rng = random.Random(seed)
    scenes = [make_scene(rng) for _ in range(_CHUNK)]
    return scenes, np.stack([draw(scene, rng if changed else None) for scene in scenes])


def draw(scene: Scene, rng: random.Random | None) -> np.ndarray:
    """The picture as the models see it; with `rng`, possibly of another size, darker or JPEG."""
    if rng is None or rng.random() < 0.4:
        return _seen(paint(scene))
    picture = darkened(scene, rng) if rng.random() < 0.3 else paint(scene, rng.choice(_SIZES))
    if rng.random() < 0.4:
        picture = jpeg(picture, rng.randint(35, 92))
    if rng.random() < 0.4:
        light = rng.uniform(0.45, 1.15)
        picture = picture.point([min(255, round(value * light)) for value in range(256)] * 3)
    return _seen(picture)


def _seen(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """The picture after it was saved as a JPEG file."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def darkened(scene: Scene, rng: random.Random) -> Image.Image:
    """The picture with a dark background, its things as bright as ever."""
    picture = paint(scene)
    empty = paint(replace(scene, things=(), unusual=()))
    mask = ImageChops.difference(picture, empty).convert("L").point(lambda v: 255 * (v > 12))
    light = rng.uniform(0.15, 0.6)
    return Image.composite(picture, empty.point(lambda value: round(value * light)), mask)

"""Training images: newly drawn, and altered as real files are."""

from __future__ import annotations

import io
import json
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from locomo_vqa.builders.sample.painter import paint
from locomo_vqa.builders.sample.scenes import Scene, make_scene
from locomo_vqa.models.embedded.pixels import SIDE

__all__ = ["darkened", "draw_image", "draw_images", "jpeg", "load_or_draw"]

_SIZES = (112, 160, 192, 256, 320)
_CHUNK = 500


def draw_images(
    count: int, seed: int, *, altered: bool = True, processes: int = 2
) -> tuple[list[Scene], np.ndarray]:
    """Return new scenes and their images, as bytes of shape (count, 112, 112, 3)."""
    seeds = [seed * 1_000_003 + start for start in range(0, count, _CHUNK)]
    with ProcessPoolExecutor(processes) as pool:
        chunks = list(pool.map(partial(_chunk, altered=altered), seeds))
    scenes = [scene for part, _ in chunks for scene in part][:count]
    return scenes, np.concatenate([pixels for _, pixels in chunks])[:count]


def load_or_draw(work: Path, count: int, seed: int) -> tuple[list[Scene], np.ndarray]:
    """Draw images to train on, or load those that were drawn before in the same work folder."""
    file = work / f"images-{count}-{seed}.npz"
    if file.exists():
        with np.load(file) as saved:
            scenes = [Scene.from_dict(each) for each in json.loads(str(saved["scenes"]))]
            return scenes, saved["pixels"]
    scenes, pixels = draw_images(count, seed + 1)
    np.savez(file, pixels=pixels, scenes=json.dumps([scene.to_dict() for scene in scenes]))
    return scenes, pixels


def _chunk(seed: int, *, altered: bool) -> tuple[list[Scene], np.ndarray]:
    rng = random.Random(seed)
    scenes = [make_scene(rng) for _ in range(_CHUNK)]
    return scenes, np.stack([draw_image(scene, rng if altered else None) for scene in scenes])


def draw_image(scene: Scene, rng: random.Random | None) -> np.ndarray:
    """Return the image as models see it; `rng` may resize it, darken it or make it a JPEG."""
    if rng is None or rng.random() < 0.4:
        return _resized(paint(scene))
    image = darkened(scene, rng) if rng.random() < 0.3 else paint(scene, rng.choice(_SIZES))
    if rng.random() < 0.4:
        image = jpeg(image, rng.randint(35, 92))
    if rng.random() < 0.4:
        light = rng.uniform(0.45, 1.15)
        image = image.point([min(255, round(value * light)) for value in range(256)] * 3)
    return _resized(image)


def _resized(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """Return the image after a round trip through JPEG."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def darkened(scene: Scene, rng: random.Random) -> Image.Image:
    """Return the scene's image with a dark background and its things as bright as before."""
    image = paint(scene)
    empty = paint(replace(scene, things=(), unusual=()))
    mask = ImageChops.difference(image, empty).convert("L").point(lambda v: 255 * (v > 12))
    light = rng.uniform(0.15, 0.6)
    return Image.composite(image, empty.point(lambda value: round(value * light)), mask)

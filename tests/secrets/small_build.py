"""A build that takes seconds: ten conversations with two drawn images each, and a recipe."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from PIL import Image, ImageDraw

__all__ = ["write_small_build"]

_RECIPE = """\
schema_version = 1
name = "cups"
[source]
locomo = {locomo}
[models]
generator = {generator}
validator = {validator}
[images]
phash_distance = 0
[probe]
split = "train"
images = 6
types = ["detail", "count", "colour"]
[select]
keep = 1
[generate]
attempts = 2
[quality]
check = true
"""


def write_small_build(folder: Path, *, generator: str, validator: str) -> Path:
    """Write cups.json, the folder mirror and recipe.toml, which names them; return the recipe."""
    (folder / "mirror").mkdir(parents=True)
    conversations = [_conversation(folder / "mirror", number) for number in range(10)]
    (folder / "cups.json").write_text(json.dumps(conversations))
    names = {"locomo": str(folder / "cups.json"), "generator": generator, "validator": validator}
    recipe = folder / "recipe.toml"
    recipe.write_text(_RECIPE.format(**{name: json.dumps(text) for name, text in names.items()}))
    return recipe


def _conversation(mirror: Path, number: int) -> dict[str, object]:
    turns = []
    for image in range(2):
        url = f"https://images.invalid/c{number}/p{image}.png"
        _draw(f"{number}-{image}").save(mirror / f"{hashlib.sha256(url.encode()).hexdigest()}.png")
        turn = {"speaker": "Ada", "dia_id": f"D1:{image + 1}", "text": f"Look, number {image}."}
        turns.append({**turn, "img_url": [url], "blip_caption": "cups", "query": "cups"})
    session = {"session_1_date_time": "9:12 am on 4 March, 2023", "session_1": turns}
    asked = {"question": "What did Ada show?", "answer": "cups", "evidence": ["D1:1"]}
    return {
        "sample_id": f"c-{number}",
        "conversation": {"speaker_a": "Ada", "speaker_b": "Ben", **session},
        "qa": [{**asked, "category": 4}],
    }


def _draw(seed: str) -> Image.Image:
    random_ = random.Random(seed)
    colour = lambda: tuple(random_.randrange(256) for _ in range(3))  # noqa: E731
    image = Image.new("RGB", (96, 80), colour())
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        x, y = random_.randrange(96), random_.randrange(80)
        draw.ellipse((x, y, x + random_.randrange(8, 50), y + random_.randrange(8, 50)), colour())
    return image

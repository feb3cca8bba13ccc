"""A build of a few conversations, with images that `all_knowing` knows."""

from __future__ import annotations

import json
from pathlib import Path

from locomo_vqa.benchmark import load_benchmark
from tests.core.locomo_example import sample

__all__ = ["ABSENT", "RECIPE", "write_small_build"]

ABSENT = "https://pictures.example/5.jpg"
"""An image of the third conversation, which is in the split that is probed."""

RECIPE = """
schema_version = 1
name = "small"
[source]
locomo = "locomo.json"
[models]
generator = "{model}large&in_flight=2"
validator = "{model}small&in_flight=2"
[images]
phash_distance = 0
[probe]
split = "train"
images = 6
types = ["colour", "count", "style"]
[select]
keep = 1
[generate]
attempts = 1
[quality]
check = true
"""


def write_small_build(folder: Path, url: str) -> None:
    """Write recipe.toml, locomo.json and mirror/, for models at an address."""
    records = [record for record in load_benchmark("sample").images if record.sha256]
    conversations = [sample(f"conv-{number}") for number in range(5)]
    mirror = folder / "mirror"
    mirror.mkdir(parents=True)
    lines = []
    for number, each in enumerate(conversations):
        for place, session in enumerate(("session_2", "session_4")):
            record = records[6 * (2 * number + place)]
            assert record.sha256 is not None
            address = f"https://pictures.example/{2 * number + place}.jpg"
            each["conversation"][session][0]["img_url"] = [address]
            name = f"{2 * number + place}.{record.format}"
            (mirror / name).write_bytes(load_benchmark("sample").read_image(record.sha256))
            lines.append(json.dumps({"url": address, "file": name}) + "\n")
    (mirror / "mirror.jsonl").write_text("".join(lines))
    (folder / "locomo.json").write_text(json.dumps(conversations))
    (folder / "recipe.toml").write_text(RECIPE.format(model=f"openai:{url}/v1?model="))

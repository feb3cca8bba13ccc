"""Loads a published folder with `datasets` in a process of its own, and prints what it found."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from typing import Any

from datasets import Image, load_dataset

CHECKS = ("self_consistent", "guessable", "caption_answers")


def main(folder: str) -> None:
    """Print rows, features, decoded images and some rows as JSON."""
    configs = {name: load_dataset(folder, name) for name in ("visual", "text", "conversations")}
    visual = [row for split in configs["visual"].values() for row in split]
    raw = [
        row["image"]
        for split in configs["visual"].values()
        for row in split.cast_column("image", Image(decode=False))
    ]
    told: dict[str, Any] = {
        "rows": {name: {s: len(d) for s, d in data.items()} for name, data in configs.items()},
        "features": {
            name: {
                column: getattr(feature, "dtype", None) or type(feature).__name__
                for column, feature in data["train"].features.items()
            }
            for name, data in configs.items()
        },
        "pictures": [],
        "quality": {
            row["id"]: [row[check] for check in CHECKS]
            for row in visual
            if any(row[check] is not None for check in CHECKS)
        },
        "review": {row["id"]: row["review"] for row in visual if row["review"] is not None},
        "text": configs["text"]["train"][0],
        "conversation": configs["conversations"]["train"][0],
    }
    told["features"]["visual"]["image"] = type(
        configs["visual"]["train"].features["image"]
    ).__name__
    for row, image in zip(visual, raw, strict=True):
        sha256 = hashlib.sha256(image["bytes"]).hexdigest()
        assert row["image_sha256"] == sha256
        assert image["path"].startswith(sha256)
        assert row["image"].convert("RGB").tobytes() == decoded(image["bytes"])
        entry = {"id": row["id"], "sha256": sha256, "size": row["image"].size}
        told["pictures"].append(entry)
    for session in told["conversation"]["sessions"]:
        session["time"] = session["time"].isoformat()
    print(json.dumps(told))  # noqa: T201


def decoded(data: bytes) -> bytes:
    """Return the pixels of an image's bytes."""
    import PIL.Image

    with PIL.Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


if __name__ == "__main__":
    main(sys.argv[1])

"""How the files of a mirror are named, as an example for one image that is missing."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from locomo_vqa.benchmark.read import read_benchmark
from locomo_vqa.files import sha256_text

from .addresses import parse_url

__all__ = ["NOT_IN_MIRROR", "file_names", "mirror_example"]

NOT_IN_MIRROR = "it is not in the mirror"
"""The detail of a URL that a mirror has no file for."""

_SHOWN = 200
"""Longer URLs, which are rare, are not a readable example."""


def file_names(url: str) -> list[str]:
    """Return the names that a mirror's file for a URL may have, the most readable first."""
    names = [f"{sha256_text(url)}.jpg"]
    try:
        parsed = parse_url(url)
    except httpx.InvalidURL:
        return names
    path = parsed.raw_path.decode("ascii").lstrip("/").partition("?")[0]
    return [f"{parsed.host}/{path}", *names] if parsed.host and path else names


def mirror_example(folder: Path) -> list[str]:
    """Return sentences on how to name a missing file, for the first one that a benchmark lacks.

    They are empty if a mirror had every file.
    """
    missing = [
        record.url
        for record in read_benchmark(folder).images
        if record.detail == NOT_IN_MIRROR and record.url and len(record.url) <= _SHOWN
    ]
    if not missing:
        return []
    url = missing[0]
    *readable, hashed = file_names(url)
    row = json.dumps({"url": url, "file": "NAME.jpg"}, ensure_ascii=False)
    return [
        f"A mirror's file for {url} has one of these names:",
        *(f"  {name}" for name in readable),
        f"  {hashed}  (the SHA-256 of the URL, with any extension)",
        f"  any name, with a line in mirror.jsonl: {row}",
    ]

"""Prompts: versioned files with `$names` to fill in. Those that packages share are here.

A prompt that changes gets a new name, so that the name, which people read, and the hash in a run's
manifest mean the same text.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from string import Template

from locomo_vqa.files import sha256_text

__all__ = ["ANSWER_VISUAL", "answer_visual", "fill", "prompt_hash", "prompt_text"]

ANSWER_VISUAL = "answer_visual_v1"
"""Asks a question about an image, or about its caption, for a one-word answer."""


def answer_visual(question: str, *, caption: str | None = None) -> str:
    """Return the prompt of a visual question; `caption` replaces the image."""
    description = f"The picture shows: {caption}." if caption else ""
    return fill(__name__, ANSWER_VISUAL, description=description, question=question)


def fill(package: str, name: str, **values: str) -> str:
    """Return a package's prompt with its names filled in; names within the values are kept."""
    return Template(prompt_text(package, name)).substitute(values)


@cache
def prompt_text(package: str, name: str) -> str:
    """Return the text of a package's prompt file."""
    return resources.files(package).joinpath(f"{name}.txt").read_text(encoding="utf-8")


def prompt_hash(*prompts: tuple[str, str]) -> str:
    """Return the SHA-256 of prompts, given as (package, name), for a manifest."""
    return sha256_text("\n".join(prompt_text(package, name) for package, name in prompts))

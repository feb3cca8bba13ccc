"""Prompts: versioned files with `$names` to fill in; here are those that several wings share.

A prompt that changes gets a new name, so that a run's manifest, which has the hash, and a reader,
who has the name, mean the same text.
"""

from __future__ import annotations

from importlib import resources
from string import Template

from locomo_vqa.files import sha256_text

__all__ = ["ANSWER_VISUAL", "answer_visual", "fill", "prompt_hash", "prompt_text"]

ANSWER_VISUAL = "answer_visual_v1"
"""Asks a question about a picture, or about its caption, for a one-word answer."""


def answer_visual(question: str, *, caption: str | None = None) -> str:
    """Return the prompt of a visual question; `caption` stands in the picture's place."""
    description = f"The picture shows: {caption}." if caption else ""
    return fill(__name__, ANSWER_VISUAL, description=description, question=question)


def fill(package: str, name: str, **values: str) -> str:
    """Return a package's prompt with its names filled in; what is filled in is not read again."""
    return Template(prompt_text(package, name)).substitute(values)


def prompt_text(package: str, name: str) -> str:
    """Return a package's prompt as it is in its file."""
    return resources.files(package).joinpath(f"{name}.txt").read_text(encoding="utf-8")


def prompt_hash(*prompts: tuple[str, str]) -> str:
    """Return the SHA-256 of prompts, given as (package, name), for a manifest."""
    return sha256_text("\n".join(prompt_text(package, name) for package, name in prompts))

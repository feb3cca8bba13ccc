"""The prompts of the bundled systems: versioned files, with `$names` to fill in."""

from __future__ import annotations

from importlib import resources
from string import Template

from locomo_vqa.files import sha256_text

__all__ = ["fill", "prompt_hash"]


def fill(name: str, **values: str) -> str:
    """Return a prompt with its names filled in; what is filled in is not read again."""
    return Template(_text(name)).substitute(values)


def prompt_hash(*names: str) -> str:
    """Return the SHA-256 of prompts, as it stands in a run's manifest."""
    return sha256_text("\n".join(_text(name) for name in names))


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")

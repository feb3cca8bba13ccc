"""Options that several commands of this wing share."""

from __future__ import annotations

import click

from locomo_vqa.cli import with_flags

__all__ = ["flagged", "split_names"]


def split_names(text: str | None) -> list[str] | None:
    """Return the names that an option lists with commas, each once; None where it isn't given."""
    if text is None:
        return None
    return list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))


def flagged(text: str) -> str:
    """Return a sentence of the library with the running command's flags for parameter names."""
    return with_flags(text, click.get_current_context().command)

"""Text that came from outside, in Markdown where none of it is markup."""

from __future__ import annotations

import re

from locomo_vqa.text import escape_unprintable

__all__ = ["literal", "sentence"]

_MOST_CHARACTERS = 300
_PLAIN = re.compile(r"[\w\s,.;:%()'’\"…/–=+-]*")
"""Letters, digits and marks that mean nothing inside a line."""
_LINKED = re.compile(
    r"_|://|\bwww\.|mailto:|xmpp:|:\w+:|\bGH-\d|\b[0-9a-f]{7,}\b|\w\.\w{2,}/", re.IGNORECASE
)
"""What GitHub turns into emphasis, a link or an emoji without a mark of its own."""


def literal(text: str, *, most: int = _MOST_CHARACTERS) -> str:
    """Return a text as code on one line of Markdown, also in a cell of a table.

    In code nothing is markup: no mention, link, image, HTML, formula or emoji. Backticks become
    apostrophes, and line breaks and bars are escaped.
    """
    shown = escape_unprintable(text, most=most).replace("`", "'").replace("|", r"\|").strip()
    return f"`{shown}`" if shown else "–"


def sentence(text: str, *, most: int = _MOST_CHARACTERS) -> str:
    """Return a sentence that may quote a submission: as code if anything in it is special.

    Sentences without special marks stay plain, for reading.
    """
    shown = escape_unprintable(text, most=most)
    plain = shown.isprintable() and _PLAIN.fullmatch(shown) and not _LINKED.search(shown)
    return shown if plain else literal(text, most=most)

"""Output to a terminal or a file whose encoding lacks some of the printed characters."""

from __future__ import annotations

import codecs
import sys
from typing import TextIO

__all__ = ["REPLACEMENTS", "make_printable", "prepare_streams"]

REPLACEMENTS = {
    "✓": "ok",
    "✗": "FAILED",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "×": "x",
    "±": "+-",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "·": "-",
    "→": "->",
    "─": "-",
    "━": "-",
    "│": "|",
    "≥": ">=",
    "≤": "<=",
}
"""What stands for a character that an encoding lacks; all others become escapes like \\u4e2d."""

_HANDLER = "locomo-vqa-printable"


def prepare_streams() -> None:
    """Have standard output and error print everything, whatever the locale's encoding is."""
    codecs.register_error(_HANDLER, make_printable)
    for stream in (sys.stdout, sys.stderr):
        _prepare(stream)


def make_printable(error: UnicodeError) -> tuple[str, int]:
    """Return the replacement of characters that can't be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(map(_replacement, text)), error.end


def _prepare(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:  # A test or a notebook may have replaced the stream.
        reconfigure(errors=_HANDLER)


def _replacement(character: str) -> str:
    return REPLACEMENTS.get(character) or character.encode("ascii", "backslashreplace").decode()

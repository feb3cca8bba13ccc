"""Writes Markdown in which text from data stays plain text: no markup, links or broken tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["escaped", "fenced", "one_line", "table"]

_MARKUP = re.compile(r"[\\`*_\[\]|~$:!#{}]")
_WWW = re.compile(r"(?i)(www)\.")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+|\s+")
_LONGEST = 200


def one_line(text: str) -> str:
    """Return a text on one line, without control characters or direction marks."""
    return _CONTROL.sub(" ", _DIRECTION.sub("", text)).strip()


def escaped(text: str, *, most: int = _LONGEST) -> str:
    """Return a text to use within a line, escaped so that Markdown and HTML show literally.

    It is cut to `most` characters. Colons are escaped because `http://…` would become a link.
    """
    text = one_line(text)
    text = text if len(text) <= most else text[: most - 1] + "…"
    text = _MARKUP.sub(r"\\\g<0>", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _WWW.sub(r"\1\\.", text).replace("@", "&#64;")


def fenced(text: str) -> str:
    """Return a multi-line text as a code block that the text itself can't close."""
    text = "\n".join(one_line(line) if not line.isprintable() else line for line in _lines(text))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _lines(text: str) -> list[str]:
    return text.rstrip().splitlines()


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int = 0) -> str:
    """Return a table of Markdown cells, whose last `numbers` columns are numeric."""
    marks = ["---"] * (len(columns) - numbers) + ["---:"] * numbers
    lines = [columns, marks, *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

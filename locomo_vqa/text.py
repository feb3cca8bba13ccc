"""Text that came from outside, made safe to show."""

from __future__ import annotations

from locomo_vqa.keys import scrub

__all__ = ["counted", "duration", "escape_unprintable", "printable"]

_CONTROL = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "\ufffd") | {0x0A: "\n", 0x09: " "}


def printable(text: str) -> str:
    """Return a text that is safe to print: known keys hidden, control characters as U+FFFD.

    Line breaks stay, tabs become spaces, and lone surrogates, which UTF-8 can't hold, become "?".
    """
    return scrub(text).encode("utf-8", "replace").decode("utf-8").translate(_CONTROL)


def escape_unprintable(text: str, *, most: int = 400) -> str:
    r"""Return a text cut to `most` characters, with every unprintable one escaped, such as \x1b.

    Unlike `printable`, it keeps different names different, and shows marks that change the
    direction of writing.
    """
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut
    )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, whose plural ends in s: `1 question`, `1,200 questions`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"

r"""The forms in which a key may reappear: escaped for JSON, C, URLs or HTML, in base64, in hex.

`sk-1`, `\u0073k-1`, `%73k-1` and `&#115;k-1` are the same key: each character may be escaped or
not, and more than once. Anyone who reads one of them has the key.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable

__all__ = ["find_start", "forms_of", "replace_form"]

_NAMED = {'"': "quot", "&": "amp", "'": "apos", "<": "lt", ">": "gt"}
_BEGIN = 12
"""This many characters are searched for with one pattern; a whole key would take seconds."""

_LONGEST = 16
"""An escaped character is rarely longer: `&amp;amp;#x0073;`."""

_BEGUN = (
    r"(?:\\+(?:u[0-9a-fA-F]{0,4}|x[0-9a-fA-F]{0,2}|[0-7]{1,4})?"
    r"|%[0-9a-fA-F]{0,6}|&[#a-zA-Z0-9;]{0,15})?\Z"
)
"""The beginning of an escaped character at the end of a text."""


def forms_of(key: str) -> list[str]:
    """Return a key, and its forms in base64 and in hexadecimal digits."""
    key = key.strip("\"'\\ ")  # A quotation mark may end the text that has the key.
    data = key.encode("utf-8", "surrogateescape")
    found = [key, data.hex(), data.hex().upper()]
    for before in range(3):  # In base64, three bytes become four letters; a text may precede it.
        coded = base64.b64encode(b"\0" * before + data).decode("ascii").rstrip("=")
        whole = coded[(0, 2, 3)[before] : len(coded) - ((before + len(data)) % 3 != 0)]
        found += [whole, whole.translate(str.maketrans("+/", "-_"))]
    return list(dict.fromkeys(found))


def replace_form(form: str, text: str, make: Callable[[str], str]) -> str:
    """Return a text with each occurrence of a form replaced, whichever characters are escaped.

    `make` takes the match and returns its replacement.
    """
    parts, place, begin = [], 0, _begin_of(form[:_BEGIN])
    while found := begin.search(text, place):
        end = _end_of(form[_BEGIN:], text, found.end())
        parts.append(text[place : found.start()])
        if end is None:
            end = found.start() + 1
            parts.append(text[found.start()])
        else:
            parts.append(make(text[found.start() : end]))
        place = end
    return "".join([*parts, text[place:]]) if parts else text


def _end_of(rest: str, text: str, place: int) -> int | None:
    """Return where the rest of a form ends if it begins at this position, else None."""
    for character in rest:
        found = _token(character).match(text, place)
        if found is None:
            return None
        place = found.end()
    return place


@functools.cache
def _begin_of(form: str) -> re.Pattern[str]:
    return re.compile("".join(map(_character, form)))


def find_start(form: str, text: str) -> int:
    """Return where a form may begin at the end of `text`, or the length of `text` if nowhere."""
    window = max(0, len(text) - _LONGEST * len(form))
    tokens = [_token(character) for character in form]
    for begin in _starts(form[0]).finditer(text, window):
        place = begin.start()
        for token in tokens:
            found = token.match(text, place)
            if found is None:
                if _ESCAPE_BEGUN.match(text, place):
                    return begin.start()
                break
            place = found.end()
    return len(text)


_ESCAPE_BEGUN = re.compile(_BEGUN)


@functools.cache
def _token(character: str) -> re.Pattern[str]:
    return re.compile(_character(character))


@functools.cache
def _starts(character: str) -> re.Pattern[str]:
    return re.compile(rf"{_character(character)}|(?=[\\%&]){_BEGUN}")


@functools.cache
def _character(character: str) -> str:
    """Return a pattern for a character, escaped or not; longer forms come first."""
    number = ord(character)
    digits = "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in f"{number:02x}")
    amp = "&(?:amp;)*"
    ways = [
        rf"\\+(?:u00|x){digits}",
        rf"\\+0?{number:o}",
        f"%(?:25)*{digits}",
        rf"{amp}#(?:0*{number}|[xX]0*{digits});",
    ]
    if name := _NAMED.get(character):
        ways.append(f"{amp}{name};")
    if character in "\"'/\\":
        ways.append(rf"\\*{re.escape(character)}")
    elif character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join([*ways, re.escape(character)])})"

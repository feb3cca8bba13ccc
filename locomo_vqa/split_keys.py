"""Finds a known key that is split over several texts of one reply.

Whoever reads the parts of a message, the events of a stream, or the items of a list can join them,
and can leave out blanks between them. The strings of a reply are found without parsing it, so no
nesting, duplicate name, or number hides a part, and the time is linear.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator

from locomo_vqa.keys import KeyMask, has_secret, known_forms

__all__ = ["SplitKeySearch", "has_split_key"]

_STRING = re.compile(
    r'"([^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+)"?(?:\s*+(:)(?:\s*+([0-9]{1,6}))?)?'
)
"""Matches a string of a JSON text, the colon after a name, and a number after the colon.

A string ends with its line, so a stray quotation mark hides nothing in the next.
"""
_INDEX = re.compile(r'"index"\s*+:\s*+([0-9]{1,6})')
_BLANK = re.compile("[\\s\0\u00ad\u200b-\u200f\u2060\ufeff]+")
_TAIL = 1024
"""How many of a text's last characters are kept while it may continue: more than a key has."""
_MOST_TEXTS = 10_000
_TOGETHER = 20_000
"""How many strings are joined at a time, so that few are held in memory."""
_MOST_PLACES = 16
_MOST_NESTED = 2
_LEAST = 4
"""The shortest part, in characters, that is searched for in any order."""
_MOST_PARTS = 1000
_MOST_JOINED = 4
"""The most parts of a key that are searched for in any order."""


class SplitKeySearch:
    """Searches the texts of one reply for a key that is complete only if they are joined."""

    def __init__(self) -> None:
        self._tails: dict[tuple[str, str], str] = {}
        self._parts = _Parts()

    def finds_key(self, text: str) -> bool:
        """Add an event of a stream, or a whole reply, and return whether it completes a key."""
        joined: dict[tuple[str, str], list[str]] = {}
        found = False
        for number, (groups, string) in enumerate(_strings(text), 1):
            for group in groups:
                if group in joined or len(joined) < _MOST_TEXTS:
                    joined.setdefault(group, []).append(string)
            self._parts.add(string)
            if number % _TOGETHER == 0:
                found = self._join(joined) or found
                joined.clear()
        return self._join(joined) or found or self._parts.complete

    def _join(self, joined: dict[tuple[str, str], list[str]]) -> bool:
        texts = {self._continue(group, "".join(parts)) for group, parts in joined.items()}
        return any(map(has_secret, texts))

    def finds_key_in_words(self, text: str) -> bool:
        """Add a piece of a text without strings, and return whether it completes a key."""
        return has_secret(self._continue(("words", ""), _BLANK.sub("", text)))

    def _continue(self, group: tuple[str, str], text: str) -> str:
        whole = self._tails.get(group, "") + text
        if group in self._tails or len(self._tails) < _MOST_TEXTS:
            self._tails[group] = whole[-_TAIL:]
        return whole


def has_split_key(reply: bytes) -> bool:
    """Return whether a complete reply has a known key that is not in one piece."""
    masked = KeyMask().mask(reply, last=True).replace(b"\0", b"").decode("utf-8", "replace")
    search = SplitKeySearch()
    return search.finds_key_in_words(masked) or search.finds_key(masked)


def _strings(text: str, depth: int = 0) -> Iterator[tuple[tuple[tuple[str, str], ...], str]]:
    """Yield the strings of a JSON text, each with the texts that a reader may join it to."""
    only = _only_index(text)
    name, index, places = "", only or "", dict[str, int]()
    for found in _STRING.finditer(text):
        string = _plain(found[1])
        if found[2]:
            name = string
            index = only or (found[3] if name == "index" and found[3] else index)
            yield (("names", ""),), string
        elif string:
            groups = [("all", ""), ("name", name), (f"index {index}", name)]
            place = places.get(name, 0)
            if place < _MOST_PLACES:
                places[name] = place + 1
                groups.append((f"place {place}", name))
            yield tuple(groups), string
            if depth < _MOST_NESTED and '"' in string:  # JSON, such as a tool call's arguments.
                yield from _strings(string, depth + 1)


def _only_index(text: str) -> str | None:
    """Return the `index` of all choices of an event, or None if it has none or several."""
    only = None
    for found in _INDEX.finditer(text):
        if only not in (None, found[1]):
            return None
        only = found[1]
    return only


def _plain(string: str) -> str:
    """Return a string without escapes and blanks."""
    if "\\" in string:
        with contextlib.suppress(ValueError):
            string = json.loads(f'"{string}"', strict=False)
    return _BLANK.sub("", string)


class _Parts:
    """Which parts of a key were seen, in any order."""

    def __init__(self) -> None:
        self._keys = [form for form in known_forms() if len(form) >= 2 * _LEAST]
        self._pieces = frozenset(
            key[start : start + _LEAST]
            for key in self._keys
            for start in range(len(key) - _LEAST + 1)
        )
        self._seen: set[str] = set()
        self._new = False

    def add(self, text: str) -> None:
        """Add a text that may begin with, end with, or be a part of a key."""
        fits = text[:_LEAST] in self._pieces or text[-_LEAST:] in self._pieces
        if fits and text not in self._seen and len(self._seen) < _MOST_PARTS:
            self._seen.add(text)
            self._new = True

    @property
    def complete(self) -> bool:
        """Whether the parts add up to a key."""
        if not self._new:
            return False
        self._new = False
        return any(_add_up(key, self._seen) for key in self._keys)


def _add_up(key: str, texts: Iterable[str]) -> bool:
    """Return whether a text ends with the key's start, others continue it, and one ends it.

    A key in many parts is not found: its hexadecimal digits may be anywhere in a long list.
    """
    size = len(key)
    ends: set[int] = set()
    begins: set[int] = set()
    within: dict[int, set[int]] = {}
    for text in texts:
        ends |= {n for n in range(_LEAST, size) if text.endswith(key[:n])}
        begins |= {n for n in range(1, size - _LEAST + 1) if text.startswith(key[n:])}
        place = key.find(text)
        while place >= 0:
            within.setdefault(place, set()).add(place + len(text))
            place = key.find(text, place + 1)
    for _ in range(_MOST_JOINED - 1):
        if ends & begins:
            return True
        ends = {end for place in ends for end in within.get(place, ())}
    return False

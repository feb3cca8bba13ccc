"""Argument checks that public functions share, so that their errors are worded alike.

Messages name parameters as Python spells them, in backticks (`split`); the command line shows the
same messages with its own flags (see `locomo_vqa.cli`).
"""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from locomo_vqa.errors import InputError

__all__ = [
    "check_callable",
    "check_choice",
    "check_choices",
    "check_flag",
    "check_mapping",
    "check_number",
    "check_option_names",
    "check_path",
    "check_text",
    "check_texts",
    "nearest",
]


def check_choice(name: str, value: object, allowed: Iterable[str]) -> None:
    """Check that a parameter has one of the allowed values.

    Args:
        name: the parameter's Python name.
        value: the value given for it.
        allowed: the allowed values, in the order in which the message lists them.

    Raises:
        InputError: the value is not allowed; the message lists the allowed ones and suggests the
            nearest.
    """
    words = list(allowed)
    if value not in words:
        raise InputError(
            f"`{name}` must be one of {', '.join(words)}, not {value!r}.", _suggest(value, words)
        )


def check_choices(name: str, values: Collection[object], allowed: Iterable[str]) -> None:
    """Check that a parameter is a non-empty list of allowed values.

    Raises:
        InputError: it is empty, or a value is not allowed; the message lists the allowed ones.
    """
    words = list(allowed)
    if isinstance(values, str) or not isinstance(values, Collection) or not values:
        raise InputError(
            f"`{name}` must be a list of one or more of {', '.join(words)}, not {values!r}.",
            f"Give a list, such as {[nearest(values, words) or words[0]]!r}.",
        )
    for value in values:
        if value not in words:
            raise InputError(
                f"`{name}` may contain {', '.join(words)}, not {value!r}.", _suggest(value, words)
            )


def check_number(
    name: str, value: float, *, low: float, high: float = math.inf, whole: bool = False
) -> None:
    """Check that a parameter is a finite number from `low` to `high`.

    Raises:
        InputError: the check fails.
    """
    number = isinstance(value, int) or (isinstance(value, float) and not whole)
    if isinstance(value, bool) or not number or not (math.isfinite(value) and low <= value <= high):
        kind = "a whole number" if whole else "a number"
        least = _figure(low)
        span = f"from {least} to {_figure(high)}" if math.isfinite(high) else f"of at least {least}"
        raise InputError(f"`{name}` must be {kind} {span}, not {value!r}.", f"Correct `{name}`.")


def check_path(name: str, value: object, *, allowed: str = "a path") -> Path:
    """Return the value of a parameter that names a file or folder as a Path.

    `allowed` says what the parameter accepts, for the error.

    Raises:
        InputError: it is neither a string nor path-like, or it is empty.
    """
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(path, str) or not path:
        raise InputError(f"`{name}` must be {allowed}, not {value!r}.", f"Correct `{name}`.")
    return Path(path)


def check_text(name: str, value: object) -> None:
    """Check that a parameter is a string or None.

    Raises:
        InputError: the check fails.
    """
    if value is not None and not isinstance(value, str):
        raise InputError(f"`{name}` must be a string, not {value!r}.", f"Correct `{name}`.")


def check_texts(name: str, value: object) -> None:
    """Check that a parameter is a string, a list of strings, or None.

    Raises:
        InputError: the check fails.
    """
    texts = value if isinstance(value, list | tuple) else (value,)
    if not all(text is None or isinstance(text, str) for text in texts):
        raise InputError(
            f"`{name}` must be a string or a list of strings, not {value!r}.", f"Correct `{name}`."
        )


def check_flag(name: str, value: object, *, optional: bool = False) -> None:
    """Check that a parameter is True or False, or None if it is optional.

    Raises:
        InputError: the check fails.
    """
    if not isinstance(value, bool) and not (optional and value is None):
        words = "True, False or None" if optional else "True or False"
        raise InputError(f"`{name}` must be {words}, not {value!r}.", f"Correct `{name}`.")


def check_mapping(name: str, value: object, *, optional: bool = False) -> None:
    """Check that a parameter is a mapping such as a dict, or None if it is optional.

    Raises:
        InputError: the check fails.
    """
    if not isinstance(value, Mapping) and not (optional and value is None):
        raise InputError(f"`{name}` must be a dict, not {value!r}.", f"Correct `{name}`.")


def check_callable(name: str, value: object, *, optional: bool = False) -> None:
    """Check that a parameter is a function, or None if it is optional.

    Raises:
        InputError: it can't be called.
    """
    if not callable(value) and not (optional and value is None):
        raise InputError(f"`{name}` must be a function, not {value!r}.", f"Correct `{name}`.")


def check_option_names(system: str, options: Iterable[str], known: Collection[str]) -> None:
    """Check that a memory system has the given options.

    Args:
        system: the system's name.
        options: the names of the given options.
        known: the names of all its options.

    Raises:
        InputError: an option is unknown; the message lists the known ones and suggests the nearest.
    """
    for name in options:
        if name in known:
            continue
        if not known:
            raise InputError(f"`options`: {system} has no options.", "Leave `options` out.")
        close = nearest(name, known)
        raise InputError(
            f"`options`: {system} has no option {name!r}.",
            f"{f'Did you mean {close!r}? ' if close else ''}"
            f"Its option{' is' if len(known) == 1 else 's are'} {', '.join(known)}.",
        )


def nearest(word: object, candidates: Iterable[str]) -> str | None:
    """Return the candidate closest to a misspelt word, or None if none is close."""
    if not isinstance(word, str):
        return None
    lower = {candidate.lower(): candidate for candidate in candidates}
    close = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6)
    return lower[close[0]] if close else None


def _figure(number: float) -> str:
    return f"{int(number) if number == int(number) else number:,}"


def _suggest(value: object, words: Sequence[str]) -> str:
    close = nearest(value, words)
    return f"Did you mean {close!r}?" if close else "Choose one of these values."

"""A decorator that checks the arguments of public functions by their annotations.

It covers the simple types: strings, paths, flags, mappings and callbacks. Closed vocabularies and
numeric bounds are checked where they are defined (see `locomo_vqa.arguments`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from locomo_vqa.arguments import (
    check_callable,
    check_flag,
    check_mapping,
    check_path,
    check_text,
)
from locomo_vqa.errors import InputError
from locomo_vqa.progress import check_progress

__all__ = ["checked"]

P = ParamSpec("P")
R = TypeVar("R")


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Make a public function reject arguments of the wrong type before it does anything.

    A call with missing or unknown arguments is left to Python's own TypeError.

    Raises:
        InputError: raised by the decorated function; the message names the parameter.
    """
    signature = inspect.signature(function)
    checks = {
        name: check
        for name, parameter in signature.parameters.items()
        if (check := _check_for(parameter.annotation)) is not None
    }

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            given = {}
        for name, value in given.items():
            if name in checks:
                checks[name](name, value)
        return function(*args, **kwargs)

    return call


def _check_for(annotation: object) -> Callable[[str, object], object] | None:
    """Return the check for an annotation's source text, or None if it has none."""
    text = str(annotation)
    kind = text.removesuffix(" | None")
    optional = kind != text
    if kind.startswith("Mapping["):
        return partial(check_mapping, optional=optional)
    if kind.startswith("Callable[") or kind == "Scorer":
        return partial(check_callable, optional=optional)
    if kind == "bool":
        return partial(check_flag, optional=optional)
    if text == "Sequence[str]":
        return _check_list_of_texts
    check = _CHECKS.get(kind)
    if check is None or not optional:
        return check
    return partial(_check_optional, check)


def _check_optional(check: Callable[[str, object], object], name: str, value: object) -> None:
    if value is not None:
        check(name, value)


def _check_required_text(name: str, value: object) -> None:
    if value is None:
        raise InputError(f"`{name}` must be a string, not None.", f"Correct `{name}`.")
    check_text(name, value)


def _check_list_of_texts(name: str, value: object) -> None:
    texts = value if isinstance(value, Sequence) and not isinstance(value, str) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(
            f"`{name}` must be a list of strings, not {value!r}.", f"Correct `{name}`."
        )


_CHECKS: Mapping[str, Callable[[str, object], object]] = {
    "bool | ProgressCallback": check_progress,
    "str": _check_required_text,
    "str | Path": check_path,
    "str | os.PathLike[str]": check_path,
}

"""Turns frozen dataclasses into the dicts that files hold, without copying what can't change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["plain_row"]


def plain_row(item: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a dataclass by name, and those of dataclasses within it.

    It is `dataclasses.asdict` for rows of text, numbers, tuples, lists and dicts, which are not
    deeply copied one by one.
    """
    return {name: _plain(getattr(item, name)) for name in _names(type(item))}


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind not in _CONVERTERS:
        _CONVERTERS[kind] = _converter(kind)
    convert = _CONVERTERS[kind]
    return value if convert is None else convert(value)


_CONVERTERS: dict[type, Callable[[Any], Any] | None] = {}


def _converter(kind: type) -> Callable[[Any], Any] | None:
    if is_dataclass(kind):
        return plain_row
    if issubclass(kind, dict):
        return lambda value: {_plain(key): _plain(each) for key, each in value.items()}
    if issubclass(kind, tuple):
        return lambda value: tuple(map(_plain, value))
    return (lambda value: list(map(_plain, value))) if issubclass(kind, list) else None

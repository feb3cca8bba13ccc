"""Turns a schema into a function that only says whether a value is valid, many times as fast.

The rules are those of JSON Schema's draft 2020-12 for the keywords that our schemas use, with our
meaning of a number; jsonschema says what is wrong with a value that is not valid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["MOST", "Check", "compile_schema", "is_array", "is_count", "is_number"]

Check = Callable[[Any], bool]
"""Whether a value is valid."""

MOST = 1 << 53
"""Larger counts are not exact in most programs, and none of our files has one."""
_LARGEST = 1e100
"""The sums or squares of larger numbers may be infinite."""


# A union in isinstance() is built at each call; a tuple is not.
_ARRAYS = (list, tuple)
_NUMBERS = (int, float)
_SCALARS = (str, int, float)


def is_array(value: Any) -> bool:
    """Accept tuples as arrays too, because values are checked before they become JSON."""
    return isinstance(value, _ARRAYS)


def is_count(value: Any) -> bool:
    """Return whether a value is a whole number that all programs can represent."""
    if value is True or value is False or not isinstance(value, _NUMBERS):
        return False
    return abs(value) <= MOST and value == int(value)


def is_number(value: Any) -> bool:
    """Return whether a value is a number that can be computed with."""
    if value is True or value is False or not isinstance(value, _NUMBERS):
        return False
    return not abs(value) > _LARGEST  # The gate refuses what is not finite, in better words.


_TYPES: Mapping[str, Check] = {
    "array": is_array,
    "boolean": lambda value: isinstance(value, bool),
    "integer": is_count,
    "null": lambda value: value is None,
    "number": is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}

_NOTES = ("$schema", "$id", "$defs", "title", "description", "default", "examples")
_OF_OBJECTS = ("properties", "patternProperties", "additionalProperties")
_OF_ARRAYS = ("items", "prefixItems")
_OF_IF = ("if", "then", "else")


def compile_schema(schema: Mapping[str, Any]) -> Check:
    """Return whether a value is valid, as a function.

    Raises:
        NotImplementedError: the schema has a keyword, or a form of one, that is not known here.
    """
    return _Compiler(schema).compile(schema)


class _Compiler:
    """Compiles a schema and what it refers to."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._definitions = root.get("$defs", {})
        self._compiled: dict[str, Check] = {}

    def compile(self, schema: Any) -> Check:
        if isinstance(schema, bool):
            return lambda value: schema
        checks = [self._keyword(keyword, argument) for keyword, argument in schema.items()]
        if any(keyword in schema for keyword in _OF_OBJECTS):
            checks.append(self._members(schema))
        if any(keyword in schema for keyword in _OF_ARRAYS):
            checks.append(self._items(schema))
        if "if" in schema:
            checks.append(self._branches(schema))
        return _all_of([check for check in checks if check is not None])

    def _keyword(self, keyword: str, argument: Any) -> Check | None:
        """Return the check of one keyword; None if it says nothing without others."""
        if keyword in _KEYWORDS:
            return _KEYWORDS[keyword](argument)
        if keyword in _APPLIED:
            return _APPLIED[keyword]([self.compile(each) for each in argument])
        if keyword == "$ref":
            return self._refer(argument)
        if keyword == "propertyNames":
            return _names(self.compile(argument))
        if keyword not in (*_NOTES, *_OF_OBJECTS, *_OF_ARRAYS, *_OF_IF):
            raise NotImplementedError(keyword)
        return None

    def _refer(self, reference: str) -> Check:
        name = reference.removeprefix("#/$defs/")
        if name not in self._definitions:
            raise NotImplementedError(reference)
        if name not in self._compiled:
            # A definition may refer to itself: until it is compiled, it is looked up when asked.
            self._compiled[name] = lambda value: self._compiled[name](value)
            self._compiled[name] = self.compile(self._definitions[name])
        return self._compiled[name]

    def _members(self, schema: Mapping[str, Any]) -> Check:
        known = {name: self.compile(each) for name, each in schema.get("properties", {}).items()}
        patterns = [
            (re.compile(pattern), self.compile(each))
            for pattern, each in schema.get("patternProperties", {}).items()
        ]
        other = self.compile(schema.get("additionalProperties", True))

        if not patterns:
            return _members_by_name(known, other)

        def check(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for name, member in value.items():
                own = known.get(name)
                matching = [each for pattern, each in patterns if pattern.search(name)]
                if own is not None and not own(member):
                    return False
                if not all(each(member) for each in matching):
                    return False
                if own is None and not matching and not other(member):
                    return False
            return True

        return check

    def _items(self, schema: Mapping[str, Any]) -> Check:
        first = [self.compile(each) for each in schema.get("prefixItems", ())]
        rest = self.compile(schema.get("items", True))

        def check(value: Any) -> bool:
            if not is_array(value):
                return True
            if not all(each(item) for each, item in zip(first, value, strict=False)):
                return False
            return all(map(rest, value[len(first) :] if first else value))

        return check

    def _branches(self, schema: Mapping[str, Any]) -> Check:
        condition, then, otherwise = (self.compile(schema.get(name, True)) for name in _OF_IF)
        return lambda value: then(value) if condition(value) else otherwise(value)


def _all_of(checks: Sequence[Check]) -> Check:
    if len(checks) == 1:
        return checks[0]

    def check(value: Any) -> bool:
        for each in checks:  # noqa: SIM110 - several times as fast as all() of a generator
            if not each(value):
                return False
        return True

    return check


def _members_by_name(known: Mapping[str, Check], other: Check) -> Check:
    def check(value: Any) -> bool:
        if isinstance(value, dict):
            for name, member in value.items():
                if not known.get(name, other)(member):
                    return False
        return True

    return check


def _names(each: Check) -> Check:
    return lambda value: not isinstance(value, dict) or all(map(each, value))


def _one_of(checks: Sequence[Check]) -> Check:
    return lambda value: sum(each(value) for each in checks) == 1


def _any_of(checks: Sequence[Check]) -> Check:
    def check(value: Any) -> bool:
        for each in checks:  # noqa: SIM110 - several times as fast as any() of a generator
            if each(value):
                return True
        return False

    return check


_APPLIED: Mapping[str, Callable[[Sequence[Check]], Check]] = {
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
}


def _type(names: str | Sequence[str]) -> Check:
    return _any_of([_TYPES[name] for name in names]) if is_array(names) else _TYPES[str(names)]


def _enum(allowed: Sequence[Any]) -> Check:
    """1 and 1.0 are the same value; 1 and true are not."""
    if not all(each is None or isinstance(each, str | int | float) for each in allowed):
        raise NotImplementedError("enum")
    known = {(isinstance(each, bool), each) for each in allowed}

    def check(value: Any) -> bool:
        plain = value is None or isinstance(value, _SCALARS)
        return plain and (isinstance(value, bool), value) in known

    return check


def _required(names: Sequence[str]) -> Check:
    wanted = frozenset(names)
    return lambda value: not isinstance(value, dict) or wanted <= value.keys()


def _pattern(pattern: str) -> Check:
    search = re.compile(pattern).search
    return lambda value: not isinstance(value, str) or search(value) is not None


# What is not a number at all, NaN, is neither below nor above a limit, as for jsonschema.
_KEYWORDS: Mapping[str, Callable[[Any], Check]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda only: _enum([only]),
    "required": _required,
    "pattern": _pattern,
    "minimum": lambda least: lambda value: not is_number(value) or not value < least,
    "maximum": lambda most: lambda value: not is_number(value) or not value > most,
    "exclusiveMinimum": lambda least: lambda value: not is_number(value) or not value <= least,
    "exclusiveMaximum": lambda most: lambda value: not is_number(value) or not value >= most,
    "minLength": lambda least: lambda value: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda most: lambda value: not isinstance(value, str) or len(value) <= most,
    "minItems": lambda least: lambda value: not is_array(value) or len(value) >= least,
    "maxProperties": lambda most: lambda value: not isinstance(value, dict) or len(value) <= most,
    "maxItems": lambda most: lambda value: not is_array(value) or len(value) <= most,
}

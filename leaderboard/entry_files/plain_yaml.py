"""Reads the YAML files of an entry as plain data, whatever they contain."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from locomo_vqa.errors import InputError
from locomo_vqa.files import parse_json
from locomo_vqa.schemas import validate

__all__ = ["parse_plain_yaml"]

_MOST_DEPTH = 10
_TAG = "tag:yaml.org,2002:"
_PLAIN = frozenset(("map", "seq", "str", "int", "float", "bool", "null"))
"""YAML's own tags whose values are JSON's."""
_REMEDY = "Write the file as described in docs/formats.md."


def parse_plain_yaml(text: str, *, path: Path, schema: str) -> Any:
    """Parse a YAML text and check it against a schema; `path` is used in error messages only.

    Anchors and aliases are refused, because a few bytes of them can expand to gigabytes; the
    loader refuses tags that would build Python objects. A date is a string, as it is written.
    YAML's types that JSON doesn't have, such as sets, are refused, and so are merge keys.

    Raises:
        InputError: it is not YAML of plain data, or does not match the schema.
    """
    import yaml

    try:
        _refuse_bombs(text, path)
        for node in _nodes(yaml.compose(text, Loader=_plain_loader())):
            _refuse_other_types(node, path)
            _refuse_repeated_keys(node, path)
        value = yaml.load(text, Loader=_plain_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        place = f" at line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        raise InputError(
            f"{path}: can't be read as plain YAML{place}: {reason}.", _REMEDY
        ) from None
    except (ValueError, OverflowError, RecursionError) as error:
        raise InputError(f"{path}: a value can't be read ({error}).", _REMEDY) from None
    validate(value, schema, path=path, remedy=_REMEDY)
    try:
        plain = json.dumps(value, allow_nan=False)
    except ValueError:
        raise InputError(f"{path}: a number is not finite.", _REMEDY) from None
    return parse_json(plain, path=path, what="the file")


@cache
def _plain_loader() -> Any:
    """Return YAML's safe loader, for which a date is a string."""
    import yaml

    class PlainLoader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 - the name is yaml's
            first: [pair for pair in pairs if not pair[0].endswith(":timestamp")]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return PlainLoader


def _refuse_bombs(text: str, path: Path) -> None:
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise InputError(f"{path}: anchors and aliases are not allowed.", _REMEDY)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MOST_DEPTH:
            raise InputError(f"{path}: is nested more than {_MOST_DEPTH} deep.", _REMEDY)


def _nodes(root: Any) -> Iterator[Any]:
    """Yield every node of a document; an empty one has none."""
    import yaml

    left = [] if root is None else [root]
    while left:
        node = left.pop()
        yield node
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            left += [part for pair in node.value for part in pair]


def _refuse_other_types(node: Any, path: Path) -> None:
    """Refuse YAML's own types that are not JSON's; the loader refuses all other tags."""
    name = node.tag.removeprefix(_TAG)
    if name != node.tag and not name.startswith("python/") and name not in _PLAIN:
        shown = "a merge key (<<)" if name == "merge" else f"!!{name[:40]}"
        raise InputError(
            f"{path}: line {node.start_mark.line + 1}: {shown} is not allowed.", _REMEDY
        )


def _refuse_repeated_keys(node: Any, path: Path) -> None:
    """Refuse duplicate keys: a person would read the first, and the program the last."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for name, count in names.items():
            if count > 1:
                raise InputError(f"{path}: the key {name[:80]!r} appears twice.", _REMEDY)

"""The quick check of values agrees with jsonschema on every schema and keyword."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from locomo_vqa.schemas import SCHEMAS, _validator, load_schema
from locomo_vqa.schemas.compiled import compile_schema

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 0.5, 1e300, 10**20, float("nan"), "", "x", "ok", "\n"),
    *("0" * 64, "0" * 16, "2026-01", "2026-01-01", "2026-01-01T00:00:00", "q/1", "a b"),
    *("2026-01-01T00:00:00.000+00:00", "https://example.org/a", "images/a.png"),
    *([], [None], ["x", "x"], (), (1, 2), {}, {"x": 1}, {"state": "ok"}, [[1, 2]], [1, 2, 3]),
]


class Values:
    """Makes values that are valid by a schema, or nearly so."""

    def __init__(self, schema: dict[str, Any], seed: int) -> None:
        self._definitions = schema.get("$defs", {})
        self.pick = random.Random(seed)

    def make(self, schema: Any) -> Any:
        if not isinstance(schema, dict):
            return self.pick.choice(ODD)
        if "$ref" in schema:
            return self.make(self._definitions[schema["$ref"].removeprefix("#/$defs/")])
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                return self.make(self.pick.choice(schema[keyword]))
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.pick.choice(schema["enum"])
        types = schema.get("type", "object" if "properties" in schema else "string")
        kind = types if isinstance(types, str) else self.pick.choice(types)
        return getattr(self, f"_{kind}")(schema)

    def _null(self, schema: dict[str, Any]) -> None:
        return None

    def _boolean(self, schema: dict[str, Any]) -> bool:
        return self.pick.random() < 0.5

    def _integer(self, schema: dict[str, Any]) -> int:
        return int(schema.get("minimum", 0)) + self.pick.randint(0, 1)

    def _number(self, schema: dict[str, Any]) -> float:
        return min(self._integer(schema), schema.get("maximum", 9)) / 1

    def _string(self, schema: dict[str, Any]) -> str:
        texts = [odd for odd in ODD if isinstance(odd, str)]
        fitting = [text for text in texts if re.search(schema.get("pattern", ""), text)]
        return self.pick.choice(
            [text for text in fitting if len(text) >= schema.get("minLength", 0)]
        )

    def _array(self, schema: dict[str, Any]) -> list[Any]:
        made = [self.make(each) for each in schema.get("prefixItems", ())]
        most = schema.get("maxItems", 9)
        count = min(schema.get("minItems", 0) + self.pick.randint(0, 2), most) - len(made)
        return made + [self.make(schema.get("items", {})) for _ in range(count)]

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        required = schema.get("required", ())
        known = schema.get("properties", {})
        made = {
            name: self.make(each)
            for name, each in known.items()
            if name in required or self.pick.random() < 0.5
        }
        if isinstance(other := schema.get("additionalProperties"), dict):
            made[str(self.make(schema.get("propertyNames", {"const": "x"})))] = self.make(other)
        for branch in (schema, *schema.get("allOf", ())):
            if "if" in branch and compile_schema(branch["if"])(made):
                made |= self.make({"type": "object", **branch.get("then", {})})
        return made

    def change(self, value: Any) -> Any:
        """Return a copy with another value, name or length at one place."""
        made = copy.deepcopy(value)
        places = list(_containers(made))
        if not places:
            return self.pick.choice(ODD)
        place = self.pick.choice(places)
        if isinstance(place, list):
            place.insert(self.pick.randint(0, len(place)), self.pick.choice(ODD))
        elif place and self.pick.random() < 0.2:
            del place[self.pick.choice(list(place))]
        else:
            place[self.pick.choice([*place, "unknown"])] = self.pick.choice(ODD)
        return made


def _containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _containers(child)


QUICK = sorted({*SCHEMAS} - {"recipe", "splits"})
"""The schemas that are compiled: jsonschema checks `uniqueItems`."""


@pytest.mark.parametrize("name", QUICK)
def test_values_are_valid_where_jsonschema_says_so(name: str) -> None:
    schema = load_schema(name)
    check, reference = compile_schema(schema), _validator(name)
    outcomes = set()
    for seed in range(40):
        values = Values(schema, seed)
        value = values.make(schema)
        for _ in range(4):
            valid = reference.is_valid(value)
            assert check(value) == valid, value
            outcomes.add(valid)
            value = values.change(value)
    assert outcomes == {True, False}


def test_what_is_not_known_is_not_compiled() -> None:
    for schema in ({"uniqueItems": True}, {"not": {}}, {"enum": [[1]]}, {"$ref": "#/other"}):
        with pytest.raises(NotImplementedError):
            compile_schema(schema)


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "integer"}, [0, 1.0, -5], [True, 1.5, "1", 1 << 54, 1e300]),
        ({"type": "number"}, [0, 1.5], [False, "1", 1e101]),
        ({"type": ["string", "null"]}, ["", None], [0, [], {}]),
        ({"type": "array"}, [[], ()], [{}, "x"]),
        ({"const": 1}, [1, 1.0], [True, "1", None]),
        ({"const": True}, [True], [1, "true"]),
        ({"enum": ["a", None, 0]}, ["a", None, 0, 0.0], ["b", False, [], {}]),
        ({"minimum": 2}, [2, 3.5, "1", True], [1, 1.9]),
        ({"maximum": 2}, [2, -1, None], [3]),
        ({"minLength": 2}, ["ab", 1], ["a", ""]),
        ({"maxLength": 1}, ["é", []], ["ab"]),
        ({"pattern": "^a|b$"}, ["a1", "1b", 5], ["1", ""]),
        ({"minItems": 1}, [[0], (0,), {}], [[], ()]),
        ({"maxItems": 1}, [[0], "ab"], [[0, 1]]),
        ({"maxProperties": 1}, [{}, {"a": 1}, [1, 2]], [{"a": 1, "b": 2}]),
        ({"required": ["a"]}, [{"a": None}, "x"], [{}, {"b": 1}]),
        ({"propertyNames": {"maxLength": 1}}, [{"a": 1}, []], [{"ab": 1}]),
        ({"properties": {"a": False}}, [{}, {"b": 1}, 7], [{"a": 1}]),
        ({"properties": {"a": {}}, "additionalProperties": False}, [{"a": 1}], [{"b": 1}]),
        (
            {"patternProperties": {"^a": {"type": "null"}}, "additionalProperties": False},
            [{"ab": None}, {}],
            [{"ab": 1}, {"b": None}],
        ),
        ({"prefixItems": [{"type": "null"}], "items": False}, [[None], []], [[1], [None, 1]]),
        ({"items": {"type": "null"}}, [[], [None], {"a": 1}], [[None, 1]]),
        ({"oneOf": [{"minimum": 1}, {"maximum": 2}]}, [0, 3], [1, 2, "x"]),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1, 2, "x"], [0, 3]),
        ({"anyOf": [{"type": "null"}, {"minimum": 3}]}, [None, 3, "x"], [2]),
        (
            {"if": {"type": "null"}, "then": False, "else": {"type": "string"}},
            ["x"],
            [None, 1],
        ),
        (
            {"$defs": {"a": {"items": {"$ref": "#/$defs/a"}, "maxItems": 1}}, "$ref": "#/$defs/a"},
            [[], [[[]]], "x"],
            [[1, 2], [[[1, 2]]]],
        ),
    ],
)
def test_each_keyword(schema: dict[str, Any], valid: list[Any], invalid: list[Any]) -> None:
    check = compile_schema(schema)
    assert [value for value in valid if not check(value)] == []
    assert [value for value in invalid if check(value)] == []

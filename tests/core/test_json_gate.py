"""What JSON, TOML and YAML may contain, whoever wrote it."""

from __future__ import annotations

import json

import pytest

from locomo_vqa.json_gate import BadValue, check_value, load_json

REFUSED = {
    "deep": ("[" * 100_000 + "]" * 100_000, "nested more than 100 deep"),
    "deep enough to parse": ("[" * 101 + "]" * 101, "nested more than 100 deep"),
    "deep objects": ('{"a":' * 5_000 + "1" + "}" * 5_000, "nested"),
    "NaN": ('{"latency_ms": NaN}', "NaN is not finite"),
    "an infinity": ("[-Infinity]", "-Infinity is not finite"),
    "an infinity in digits": ("[1e999]", "1e999 is not finite"),
    "a long number": ("9" * 301, "has more than 300 digits"),
    "a key twice": ('{"a": {"b": 1, "c": 2, "b": 3}}', "the key 'b' appears twice"),
    "a key twice, escaped": ('{"b": 1, "\\u0062": 3}', "the key 'b' appears twice"),
    "many values": ("[" + "0," * 2_000_001 + "0]", "more than 2,000,000 values|more than 320 MiB"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_one_meaning_is_refused(name: str) -> None:
    text, reason = REFUSED[name]
    with pytest.raises(BadValue, match=reason):
        load_json(text)


def test_what_is_unusual_but_has_one_meaning_is_read() -> None:
    deep = "[" * 100 + "]" * 100
    assert json.dumps(load_json(deep)) == deep
    assert load_json('\ufeff{"a": "\\ud800"}'.encode()) == {"a": "\ufffd"}
    assert load_json('{"a": {"b": 1}, "b": {"a": 1e308}}') == {"a": {"b": 1}, "b": {"a": 1e308}}
    assert load_json('"' + "[{," * 5_000 + '"') == "[{," * 5_000
    assert str(load_json("[NaN, Infinity, 1e999]", any_number=True)) == "[nan, inf, inf]"


def test_what_is_not_json_is_a_value_error() -> None:
    for text in (b"\xff", b"{", b"", b"\x00" * 100):
        with pytest.raises(ValueError):
            load_json(text)


def test_the_values_of_other_parsers_are_checked() -> None:
    check_value({"a": [1, 2.5, "x", {"b": None}]})
    with pytest.raises(BadValue, match="nan is not finite"):
        check_value({"a": [{"b": float("nan")}]})
    value: list[object] = []
    for _ in range(100):
        value = [value]
    with pytest.raises(BadValue, match="nested"):
        check_value(value)

"""What JSON, TOML and YAML may contain, whoever wrote it."""

from __future__ import annotations

import json

import pytest

from locomo_vqa.json_gate import BadValue, Budget, check_value, load_json

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


WIDE = "\U0001f600"
"""Makes every character of its text take four bytes."""


@pytest.mark.parametrize(
    "text",
    [
        '"' + WIDE + "x" * 45_000_000 + '"',
        '"\\ud83d\\ude00' + "x" * 90_000_000 + '"',
        "[" + ",".join(['"[,{ and some more"'] * 1_990_000) + "]",
    ],
    ids=["wide letters", "escaped wide letters", "values"],
)
@pytest.mark.slow
def test_what_would_take_too_much_memory_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="320 MiB"):
        load_json(text)


def test_commas_and_brackets_in_texts_are_no_values() -> None:
    text = '["' + "[,{" * 1_000_000 + '", "\\",[", 1]'
    assert load_json(text) == ["[,{" * 1_000_000, '",[', 1]


def test_texts_that_are_kept_together_share_their_room() -> None:
    budget = Budget()
    for _ in range(10):
        assert len(load_json("[" + "0," * 150_000 + "0]", budget=budget)) == 150_001
    with pytest.raises(BadValue, match="more than"):
        for _ in range(10):
            load_json("[" + "0," * 150_000 + "0]", budget=budget)


def test_the_one_of_many_keys_that_appears_twice_is_found() -> None:
    keys = ",".join(f'"k{number}":0' for number in range(200_000))
    with pytest.raises(BadValue, match="the key 'k199999' appears twice"):
        load_json("{" + keys + ',"k199999":1}')


def test_a_budget_can_be_larger_or_smaller() -> None:
    text = f"[{'1,' * 10_000}1]"  # 10,002 values, each of which may take 150 bytes.
    Budget().take(text)
    Budget(memory=2 << 20).take(text)
    with pytest.raises(BadValue, match="more than 1 MiB of memory"):
        Budget(memory=1 << 20).take(text)

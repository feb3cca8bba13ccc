"""What TOML may contain, whoever wrote it."""

from __future__ import annotations

import tomllib

import pytest

from locomo_vqa.toml_gate import load_toml


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" + ".a" * 100_000 + " = 1", "line 1 has a key with more than 100 dots"),
        ("x = 1\n[" + "a." * 101 + "a]", "line 2 has a key with more than 100 dots"),
        ("a = " + "{a=" * 30_000, "nested too deeply"),
        ("a = " + "[" * 150 + "]" * 150, "nested more than 100 deep"),
        ("a = [1, nan]", "nan is not finite"),
        ("a = -inf", "-inf is not finite"),
        ("a = 1\na = 2", "overwrite"),
        ('a = """\n\\""" # \n"""\nb = {x' + ". y" * 101 + " = 1}", "line 4 has a key"),
        ('"x' + '"."x' * 101 + '" = 1', "line 1 has a key"),
        ("a = ''''x'''''\nb" + ".b" * 101 + " = 1", "line 2 has a key"),
        ("a = 1" + "0" * 300, "a number has more than 300 digits"),
        ("a = 1" + "0" * 9000, "a number has too many digits"),
        ("a = 0x" + "f" * 9000, "a number has more than 300 digits"),
        ('"""x"\\' * 37_000, "Invalid|Illegal|Expected|Unterminated"),
        ('"' + '\\"' * 130_000, "Invalid|Illegal|Expected|Unterminated"),
        ("#" * (300 << 10), "larger than 256 KiB"),
    ],
)
def test_what_takes_too_much_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        load_toml(text)


def test_dotted_keys_and_numbers_are_read() -> None:
    assert load_toml('a.b.c = 1.5\n[x."y.z"]\nw = [1, 2]') == {
        "a": {"b": {"c": 1.5}},
        "x": {"y.z": {"w": [1, 2]}},
    }
    assert load_toml("a = 1" + "0" * 299) == {"a": 10**299}


@pytest.mark.parametrize(
    "text",
    [
        "# " + "." * 200 + "\nx = 1",
        "x = 1 # " + "a." * 200,
        "x = [" + ", ".join(f'"gpt-4.1-mini-v{i}.{i}"' for i in range(120)) + "]",
        "x = [" + "0.5, " * 120 + "]",
        "x = '" + "." * 200 + "'",
        'x = """\n' + "." * 200 + '\\"""."""',
        "x = '''" + "." * 200 + "'''''",
        "'" + "." * 200 + "'.y = 1",
    ],
)
def test_dots_outside_keys_do_not_count(text: str) -> None:
    assert load_toml(text) == tomllib.loads(text)

"""What TOML may contain, whoever wrote it."""

from __future__ import annotations

import pytest

from locomo_vqa.toml_gate import load_toml


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" + ".a" * 100_000 + " = 1", "line 1 has more than 100 dots"),
        ("x = 1\n[" + "a." * 101 + "a]", "line 2 has more than 100 dots"),
        ("a = " + "{a=" * 30_000, "nested too deeply"),
        ("a = " + "[" * 150 + "]" * 150, "nested more than 100 deep"),
        ("a = [1, nan]", "nan is not finite"),
        ("a = -inf", "-inf is not finite"),
        ("a = 1\na = 2", "overwrite"),
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

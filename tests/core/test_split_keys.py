"""A key is found in a reply though it is in several parts, and nothing else is taken for it."""

from __future__ import annotations

import json
import random

import pytest

from locomo_vqa import keys
from locomo_vqa.keys import add_secret
from locomo_vqa.split_keys import SplitKeySearch, has_split_key

KEY = "sk-planted/0123456789"


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_secrets", {})
    add_secret(KEY)


@pytest.mark.parametrize(
    "document",
    [
        [KEY[:9], KEY[9:]],
        [KEY[9:], KEY[:9]],
        {"b": KEY[5:12], "c": f"{KEY[12:]} it is", "a": f"it is {KEY[:5]}"},
        {KEY[:9]: 1, KEY[9:]: 2},
        [{"type": "text", "text": letter} for letter in KEY],
        list(KEY),
        " ".join(KEY),
        {"a": "\t".join(KEY), "b": 2},
        {"a": [[KEY[:3]], {"b": KEY[3:7]}], "c": KEY[7:]},
        {"arguments": json.dumps({"a": KEY[:9], "b": KEY[9:]})},
        [KEY.encode().hex()[:20], KEY.encode().hex()[20:]],
    ],
)
def test_a_key_in_parts_is_found(document: object) -> None:
    for text in (json.dumps(document), json.dumps(document, indent=1)):
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32-be"):
            assert has_split_key(text.encode(encoding))


def test_a_stray_quotation_mark_hides_no_key() -> None:
    assert has_split_key(f': "\ndata: {json.dumps([KEY[:9], KEY[9:]])}\n\n'.encode())


def test_a_key_in_one_piece_is_not_split() -> None:
    """It is masked instead."""
    assert not has_split_key(json.dumps({"a": KEY, "b": f"x {KEY} y", KEY: 1}).encode())


def test_choices_that_take_turns_are_told_apart() -> None:
    search = SplitKeySearch()
    found = [
        search.finds_key(json.dumps({"choices": [{"delta": {"content": text}, "index": index}]}))
        for letter in KEY
        for index, text in enumerate((letter, "x"))
    ]
    assert found.index(True) == 2 * len(KEY) - 2


def test_other_texts_have_no_key() -> None:
    """Not even a list of all hexadecimal numbers of four digits, or of tokens."""
    digits = [f"{number:04x}" for number in range(0x10000)]
    tokens = random.Random(7).choices(KEY, k=20_000)
    for document in (digits, dict.fromkeys(digits, "q"), tokens, [KEY[:9]] * 3, [KEY[9:]] * 3):
        assert not has_split_key(json.dumps(document).encode())

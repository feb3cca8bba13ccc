"""Names that deceive. What looks alike is from Unicode's confusables.txt, not from the table."""

from __future__ import annotations

import pytest

from locomo_vqa.leaderboard.entry_files.look_alikes import appearance, mixed_word, unseen_characters


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("m\u0435m0", "mem0"),  # Cyrillic ie.
        ("mem0", "memo"),
        ("mern0", "mem0"),
        ("\uff4d\uff45\uff4d\uff10", "mem0"),  # Full width.
        ("\U0001d426em0", "mem0"),  # A mathematical bold m.
        ("bm\u201125", "bm-25"),  # A hyphen that doesn't break.
        ("bm25\u00ad", "bm25"),
        ("me\u0301m0", "mem0"),
        ("\u0420\u0410\u0420\u0410", "PAPA"),  # Cyrillic throughout.
        ("LANGMEM", "LangMem"),
        ("GPT-l", "GPT-1"),
        ("m\u1d07m0-v", "mem0-v"),  # A small capital.
        ("m\u1d07\u1d0d0", "mem0"),
        ("mem\u09e6-v", "mem0-v"),  # Bengali zero.
        ("mem\u0660-v", "mem0-v"),  # Arabic-Indic zero.
        ("bm2\u01bc", "bm25"),  # Tone five.
        ("bm2\u01bd", "bm25"),
        ("bm4\u01a7", "bm42"),  # Tone two.
    ],
)
def test_names_that_look_the_same_have_the_same_appearance(name: str, other: str) -> None:
    assert appearance(name) == appearance(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("mem0", "mem0-v"),
        ("mem0 1.1", "mem0 11"),
        ("bm25", "bm42"),
        ("A-Mem", "M-Mem"),
        ("記", "憶"),
    ],
)
def test_names_that_look_different_have_different_appearances(name: str, other: str) -> None:
    assert appearance(name) != appearance(other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("b\u043c25", "b\u043c"),
        ("Lang\u039cem", "Lang\u039cem"),  # Greek capital mu.
        ("Mem\u13a9", "Mem\u13a9"),  # Cherokee.
        ("\u03bcMem", None),  # Greek mu looks like no Latin letter.
        ("\u03b2-VAE", None),
        ("\u8a18\u61b6memory", None),
        ("\u041f\u0430\u043c\u044f\u0442\u044c", None),  # A Russian word.
        ("na\u00efve bayes", None),
    ],
)
def test_a_word_of_two_alphabets_is_found(name: str, expected: str | None) -> None:
    assert mixed_word(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("\u200b", ["U+200B"]),
        ("GPT \u202eevil", ["U+202E"]),
        ("bm25\u00ad\u00ad", ["U+00AD"]),
        ("\u3164", ["U+3164"]),
        ("tag\U000e0041", ["U+E0041"]),
        ("mem0\ufe0f", ["U+FE0F"]),
        ("\u2764\ufe0f Bot", []),  # An emoji.
        ("Память 記憶", []),
    ],
)
def test_characters_that_can_not_be_seen_are_listed(name: str, expected: list[str]) -> None:
    assert unseen_characters(name) == expected

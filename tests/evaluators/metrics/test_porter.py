from __future__ import annotations

import random

import pytest

from locomo_vqa.evaluators.metrics.porter import stem

SUFFIXES = (
    "s es ed ing ies ied eed sses ational tional enci anci izer bli alli entli eli ousli ization "
    "ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize "
    "iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion sion tion ou ism ate "
    "iti ous ive ize e ll y yy at bl iz *d"
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        # Examples of the 1980 paper, one or two for each step.
        ("caresses", "caress"),
        ("ponies", "poni"),
        ("agreed", "agre"),
        ("plastered", "plaster"),
        ("bled", "bled"),
        ("hopping", "hop"),
        ("falling", "fall"),
        ("filing", "file"),
        ("happy", "happi"),
        ("relational", "relat"),
        ("vietnamization", "vietnam"),
        ("triplicate", "triplic"),
        ("hopefulness", "hope"),
        ("adoption", "adopt"),
        ("probate", "probat"),
        ("controll", "control"),
        # NLTK's extensions.
        ("dies", "die"),
        ("died", "die"),
        ("enjoy", "enjoy"),
        ("skies", "sky"),
        ("archaeology", "archaeolog"),
        # Not only words.
        ("", ""),
        ("IT", "it"),
        ("Running.", "running."),
        ("2023", "2023"),
    ],
)
def test_known_stems(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.slow
def test_equals_nltk_on_invented_words() -> None:
    from nltk.stem.porter import PorterStemmer  # type: ignore[import-untyped]

    reference = PorterStemmer()
    chance = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyzaeiouylst*.'-1éAİß"
    for _ in range(40_000):
        word = "".join(chance.choices(letters, k=chance.randint(0, 6)))
        word += "".join(chance.choices(SUFFIXES.split(), k=chance.randint(0, 3)))
        assert stem(word) == reference.stem(word), word

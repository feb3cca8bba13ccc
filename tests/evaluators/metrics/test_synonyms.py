from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import MissingResource
from locomo_vqa.evaluators.metrics import synonyms as module
from locomo_vqa.evaluators.metrics.porter import stem
from locomo_vqa.evaluators.metrics.synonyms import TABLE, parse_table, synonyms

ROOT = Path(__file__).parents[3]
ENDINGS = "s es ed ing er est ies men ves ses xes zes ches shes 's . ly"


def wordnet_words(source: Path) -> list[str]:
    """Every entry of WordNet's indexes and every word of its lists of exceptions."""
    words = set()
    for part in ("noun", "verb", "adj", "adv"):
        index = (source / f"index.{part}").read_text(encoding="utf-8").splitlines()
        words |= {line.split(" ", 1)[0] for line in index if not line.startswith(" ")}
        words |= set((source / f"{part}.exc").read_text(encoding="utf-8").split())
    return sorted(words)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "some"),
    [
        ("car", {"auto", "automobile", "railcar"}),
        ("cars", {"auto", "car"}),
        ("geese", {"goose"}),
        ("happier", {"happy", "glad"}),
        ("bought", {"buy", "purchase"}),
    ],
)
def test_some_synonyms(word: str, some: set[str]) -> None:
    assert some <= synonyms(word)


def test_an_unknown_word_is_its_only_synonym() -> None:
    assert synonyms("movi") == {"movi"}
    assert synonyms("") == {""}


def test_phrases_are_left_out_but_can_be_looked_up() -> None:
    assert not any("_" in name for name in synonyms("car"))
    assert "hotdog" in synonyms("hot_dog")


@pytest.mark.slow
def test_equals_nltk(nltk_wordnet: Any, wordnet_source: Path) -> None:
    words = wordnet_words(wordnet_source)
    chance, endings = random.Random(11), ENDINGS.split()
    exceptions = [word for word in words if chance.random() < 0.06]
    queries = {
        *exceptions,
        *map(stem, exceptions),
        *(chance.choice(words) + chance.choice(endings) for _ in range(4_000)),
        *(chance.choice(words)[:-1] + chance.choice(endings) for _ in range(4_000)),
    }
    for query in sorted(queries):
        names = {
            name
            for synset in nltk_wordnet.synsets(query)
            for name in synset.lemma_names()
            if "_" not in name
        }
        assert synonyms(query) == names | {query}, query


@pytest.mark.slow
def test_the_shipped_table_is_what_the_script_builds(wordnet_source: Path) -> None:
    script = ROOT / "scripts" / "make_synonyms.py"
    command = [sys.executable, str(script), "--check", str(wordnet_source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_script_says_what_it_needs(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "make_synonyms.py"
    command = [sys.executable, str(script), "--check", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "wordnet-base" in result.stderr


def test_the_bytes_of_the_table_have_no_date() -> None:
    assert TABLE.read_bytes()[4:8] == b"\0\0\0\0"


def test_the_licence_is_beside_the_table() -> None:
    notice = (TABLE.parent / "WORDNET-NOTICE").read_text(encoding="utf-8")
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in notice


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"not gzip",
        lambda data: data[:-20],
        lambda data: data[:300_000] + b"\0\0\0\0" + data[300_004:],
        lambda data: gzip.compress(gzip.decompress(data).replace(b"format 1", b"format 2", 1)),
        lambda data: gzip.compress(gzip.decompress(data)[:1_000]),
    ],
    ids=["empty", "not-gzip", "cut", "overwritten", "another-format", "sections-missing"],
)
def test_a_damaged_table_is_an_error_with_a_remedy(damage: Any) -> None:
    with pytest.raises(MissingResource, match=r"synonyms.*damaged") as caught:
        parse_table(damage(TABLE.read_bytes()))
    assert "make_synonyms.py" in caught.value.remedy


def test_a_missing_table_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TABLE", tmp_path / "none.gz")
    module._load_table.cache_clear()
    try:
        with pytest.raises(MissingResource, match="is missing"):
            synonyms("a word that no other test looks up")
    finally:
        module._load_table.cache_clear()

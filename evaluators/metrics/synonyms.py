"""Looks up synonyms of single words in a table made from WordNet 3.0.

For each part of speech, the table has groups of words that share a meaning (WordNet's synsets) and
irregular inflections. A word is looked up unchanged and in the base forms that WordNet's morphology
finds for it (`morphy`, described in WordNet's manual page morphy(7WN)), so the sets are the same as
from `wordnet.synsets(word)` in NLTK 3.10.4.

The table is gzipped text: a header line, then for each part of speech a line such as `=noun`
followed by its groups, one per line, and a line such as `=noun exceptions` followed by its
irregular forms, each with its base forms. `scripts/make_synonyms.py` writes it. WordNet's licence
is in `data/WORDNET-NOTICE`.
"""

from __future__ import annotations

import gzip
import zlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from locomo_vqa.errors import MissingResource

__all__ = ["HEAD", "RULES", "TABLE", "PartOfSpeech", "parse_table", "rule_forms", "synonyms"]

HEAD = "Single-word synonyms from WordNet 3.0 (see WORDNET-NOTICE), format 1"
"""The table's first line."""

TABLE = Path(__file__).parent / "data" / "synonyms.txt.gz"
"""The bundled table."""

Rules: TypeAlias = tuple[tuple[str, str], ...]

RULES: dict[str, Rules] = {
    "noun": (
        ("s", ""),
        ("ses", "s"),
        ("ves", "f"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "verb": (
        ("s", ""),
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ),
    "adj": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "adv": (),
}
"""The endings of regular inflections and their replacements, for each part of speech.

This is the table of morphy(7WN), with the ending -ves, which NLTK adds.
"""


@dataclass(frozen=True, slots=True)
class PartOfSpeech:
    """The part of the table for nouns, verbs, adjectives or adverbs."""

    groups: tuple[str, ...]
    """Words that share a meaning, separated by spaces; `_` joins the words of a phrase."""

    index: dict[str, list[int]]
    """The indexes of the groups that contain a word or phrase, in lower case."""

    exceptions: dict[str, tuple[str, ...]]
    """The base forms of irregular inflections."""

    rules: Rules
    """The endings of regular inflections and their replacements."""

    def groups_of(self, word: str) -> set[str]:
        """Return the groups of `word` and of its base forms."""
        bases = self.exceptions.get(word)
        forms = rule_forms(word, self.rules) if bases is None else bases
        places = chain.from_iterable(self.index.get(form, ()) for form in (word, *forms))
        return {self.groups[place] for place in places}


def rule_forms(word: str, rules: Rules) -> tuple[str, ...]:
    """Return the possible base forms of `word`, whether or not they are real words."""
    return tuple(
        word.removesuffix(ending) + replacement
        for ending, replacement in rules
        if word.endswith(ending)
    )


@lru_cache(maxsize=16_384)
def synonyms(word: str) -> frozenset[str]:
    """Return the single words that share a meaning with `word`, and `word` itself.

    Names keep their capitals; phrases are left out.

    Raises:
        MissingResource: the table is missing or damaged.
    """
    query = word.lower()
    found = {word}
    for part in _load_table():
        for group in part.groups_of(query):
            found.update(name for name in group.split(" ") if "_" not in name)
    return frozenset(found)


@cache
def _load_table() -> tuple[PartOfSpeech, ...]:
    try:
        data = TABLE.read_bytes()
    except OSError as error:
        raise _unreadable_table("is missing") from error
    return parse_table(data)


def parse_table(data: bytes) -> tuple[PartOfSpeech, ...]:
    """Read a table, in the order of `RULES`.

    Raises:
        MissingResource: the bytes are not a complete table of this format.
    """
    try:
        text = gzip.decompress(data).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise _unreadable_table("is damaged") from error
    head, *sections = text.split("\n=")
    blocks = dict(section.split("\n", 1) for section in sections if "\n" in section)
    wanted = [title for name in RULES for title in (name, f"{name} exceptions")]
    if head != HEAD or list(blocks) != wanted:
        raise _unreadable_table("is damaged, or of another version")
    return tuple(
        _part_of_speech(blocks[name], blocks[f"{name} exceptions"], rules)
        for name, rules in RULES.items()
    )


def _part_of_speech(groups: str, exceptions: str, rules: Rules) -> PartOfSpeech:
    index: defaultdict[str, list[int]] = defaultdict(list)
    for place, group in enumerate(groups.lower().split("\n")):
        for name in group.split(" "):
            index[name].append(place)
    forms = (line.split(" ") for line in exceptions.split("\n") if line)
    return PartOfSpeech(
        groups=tuple(groups.split("\n")),
        index=dict(index),
        exceptions={form: tuple(bases) for form, *bases in forms},
        rules=rules,
    )


def _unreadable_table(state: str) -> MissingResource:
    return MissingResource(
        f"The table of synonyms that METEOR needs {state}: {TABLE}.",
        "Install the package again, or, in a checkout with Debian's package wordnet-base, run "
        "`python scripts/make_synonyms.py`.",
    )

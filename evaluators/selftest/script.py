"""What the test conversations say: facts to remember, and the names of the conversations.

Facts and names are new in each test, so that nothing knows them from an earlier one.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["FIXED_SCRIPT", "Fact", "Script", "random_script"]

_BEGINNINGS = ("br", "d", "f", "gl", "h", "k", "l", "m", "n", "p", "qu", "r", "t", "v", "z")
_MIDDLES = ("a", "e", "i", "o", "u")
_ENDINGS = ("bon", "dax", "fel", "gor", "lix", "mund", "nev", "rol", "sk", "tam", "vin", "zet")
_JOBS = (
    *("glassblower", "beekeeper", "bookbinder", "cartographer", "cheesemaker", "clockmaker"),
    *("cooper", "falconer", "farrier", "goldsmith", "hatter", "lighthouse keeper", "locksmith"),
    *("perfumer", "piano tuner", "potter", "saddler", "ship's cook", "stonemason", "taxidermist"),
    *("thatcher", "translator", "upholsterer", "vintner", "violin maker", "wheelwright"),
)
_DISHES = (
    *("ratatouille", "baklava", "bibimbap", "borscht", "carbonara", "cassoulet", "ceviche"),
    *("dumplings", "empanadas", "falafel", "fondue", "gazpacho", "goulash", "gumbo", "halloumi"),
    *("jambalaya", "kedgeree", "lasagne", "moussaka", "paella", "pierogi", "ramen", "risotto"),
    *("shakshuka", "tagine", "tempura"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact to remember."""

    question: str
    """The question about it."""
    word: str
    """The word or words that the answer must contain, in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The words that must be remembered, in lower case, and what the conversations are called."""

    name: str
    """The beginning of the conversations' ids."""
    parrot: str
    job: str
    dish: str
    bicycle: str
    """The make of a bicycle, which only the second conversation is about."""
    lamp: str
    """The name of a lamp, which only a question has."""
    later: tuple[str, str, str]
    """Parrot, job, and dish when the first conversation's name is used a second time."""

    @property
    def facts(self) -> tuple[Fact, Fact, Fact]:
        """The facts of the first conversation."""
        return _facts(self.parrot, self.job, self.dish)

    @property
    def later_facts(self) -> tuple[Fact, Fact, Fact]:
        """The facts of another conversation with the first one's name."""
        return _facts(*self.later)

    @property
    def other_fact(self) -> Fact:
        """The fact of the second conversation."""
        return Fact("Of which make is Tobin's bicycle?", self.bicycle)

    @property
    def date_fact(self) -> Fact:
        """A fact from 12 May 2021 about the day before."""
        return Fact("When did Mirela adopt a tortoise?", "2021")

    @property
    def invented(self) -> tuple[str, Fact]:
        """A question with a word that was never said, and a question that only it answers."""
        question = f"Did Tobin buy the lamp called {self.lamp.capitalize()}?"
        return question, Fact("What is the name of Tobin's lamp?", self.lamp)

    @property
    def marks(self) -> tuple[str, ...]:
        """The words that are in no file of this machine but those made from the conversations."""
        return (self.parrot, self.bicycle, self.later[0])


def _facts(parrot: str, job: str, dish: str) -> tuple[Fact, Fact, Fact]:
    return (
        Fact("What is the name of Tobin's parrot?", parrot),
        Fact("What job does Mirela have now?", job),
        Fact("What is Tobin's favourite dish?", dish),
    )


FIXED_SCRIPT = Script(
    name="check-fixed",
    parrot="zebulon",
    job="glassblower",
    dish="ratatouille",
    bicycle="varnelli",
    lamp="quoxel",
    later=("marenko", "beekeeper", "goulash"),
)
"""A script that is the same each time, for tests of the self-test."""


def random_script() -> Script:
    """Return a script with words and names that no earlier one had."""
    chance = random.Random(secrets.randbits(128))
    parrot, bicycle, lamp, later = _invented_words(chance, 4)
    job, later_job = chance.sample(_JOBS, 2)
    dish, later_dish = chance.sample(_DISHES, 2)
    return Script(
        name=f"check-{chance.getrandbits(40):010x}",
        parrot=parrot,
        job=job,
        dish=dish,
        bicycle=bicycle,
        lamp=lamp,
        later=(later, later_job, later_dish),
    )


def _invented_words(chance: random.Random, number: int) -> Sequence[str]:
    """Return different words that can be pronounced, none of which contains another."""
    words: list[str] = []
    while len(words) < number:
        syllables = (chance.choice(_BEGINNINGS) + chance.choice(_MIDDLES) for _ in range(3))
        word = "".join(syllables) + chance.choice(_ENDINGS)
        if word not in words:
            words.append(word)
    return words

"""Names the groups of entries that can't be separated, as a compact letter display.

Source: H.-P. Piepho, "An Algorithm for a Letter-Based Representation of All-Pairwise Comparisons",
Journal of Computational and Graphical Statistics 13, 2004, pages 456-466. As one distance
separates entries, a group is a stretch of neighbours, and an entry's groups follow one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

__all__ = ["group_letters"]

_MOST_LETTERS = 3
"""An entry in more groups than this has the first and the last of them."""


def group_letters(ends: Sequence[int]) -> list[str]:
    """Return the groups of the entry at each place: "a", "ab", or "b–f" for more than three.

    Two entries share a letter exactly if they can't be separated. `ends` has, by place, the first
    place below that is separated from it (see `Separation`).
    """
    firsts = [place for place, end in enumerate(ends) if place == 0 or end > ends[place - 1]]
    groups = [(first, ends[first]) for first in firsts]
    letters: list[str] = []
    oldest = newest = 0
    for place in range(len(ends)):
        while newest + 1 < len(groups) and groups[newest + 1][0] <= place:
            newest += 1
        while groups[oldest][1] <= place:
            oldest += 1
        letters.append(_text([_name(number) for number in range(oldest, newest + 1)]))
    return letters


def _name(number: int) -> str:
    """Return a, b, …, z, aa, ab, … for 0, 1, …."""
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = ascii_lowercase[letter] + name
    return name


def _text(names: Sequence[str]) -> str:
    if len(names) > _MOST_LETTERS:
        return f"{names[0]}–{names[-1]}"
    return ("" if all(len(name) == 1 for name in names) else ",").join(names)

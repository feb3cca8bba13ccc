"""Finds what a file says about itself: names of categories, and questions asked again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from locomo_vqa.benchmark import CATEGORIES
from locomo_vqa.files import some

from .fields import first_text, plain_keys, shown, whole_number
from .keys import CATEGORY_KEYS, ID_KEYS
from .raw_rows import RawRow
from .verdicts import FoundVerdicts

__all__ = ["misnamed_categories", "notes_on_names", "notes_on_repeats"]

FEWEST_WRONG = 5
"""The fewest wrong answers from which a list that holds all of them says something."""

MOST_LISTED = 0.8
"""The largest share of all questions in a list of some that were asked again."""

_NAME_KEYS = (
    *("category_name", "category_label", "question_type", "category", "label", "name", "type"),
)
_NUMBER_KEYS = (*CATEGORY_KEYS, "category_number")
_NAMES = {
    re.compile(r"multi.?hop"): 1,
    re.compile(r"temporal"): 2,
    re.compile(r"open.?domain|common.?sense|world.?knowledge"): 3,
    re.compile(r"single.?hop"): 4,
    re.compile(r"adversarial|unanswerable"): 5,
}
_FAILURES = re.compile(r"wrong|incorrect|fail|error|mistake|miss", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;\s]+")
_DEPTH = 6


def misnamed_categories(
    rows: Sequence[RawRow], document: Sequence[tuple[str, Any]]
) -> dict[int, str]:
    """Return a file's names of categories that LoCoMo gives to another, by LoCoMo's number.

    Args:
        rows: the file's rows.
        document: its parsed content, which may have tables by category.
    """
    pairs = [pair for row in rows for pair in _own_name(plain_keys(row.fields))]
    for item in _objects_of(document):
        pairs += (*_own_name(plain_keys(item)), *_table(item))
    wrong: dict[int, str] = {}
    for number, name in pairs:
        if number in CATEGORIES and _category_called(name) not in (None, number):
            wrong.setdefault(number, name)
    return wrong


def notes_on_names(wrong: Mapping[int, str]) -> list[str]:
    """Return a note on names of categories that LoCoMo gives to others; none without any."""
    if not wrong:
        return []
    calls = [f"{n} “{shown(name, 40)}” ({CATEGORIES[n]})" for n, name in sorted(wrong.items())]
    return [
        f"The file calls category {some(calls, most=5)}. LoCoMo's names are in brackets, and used "
        "here; the file's values by name belong to other categories."
    ]


def notes_on_repeats(
    rows: Sequence[RawRow], document: Sequence[tuple[str, Any]], verdicts: FoundVerdicts | None
) -> list[str]:
    """Return a note on a list of questions that holds all with a wrong answer, and others.

    A list of the failures alone is none of questions that were asked again.
    """
    if verdicts is None:
        return []
    ids = [first_text(plain_keys(row.fields), ID_KEYS) for row in rows]
    known = {name for name in ids if name}
    wrong = {ids[order] for order, value in verdicts.values.items() if value < 0.5}
    if len(wrong) < FEWEST_WRONG or None in wrong:
        return []
    notes = []
    for item in _objects_of(document):
        for key, value in item.items():
            listed = _listed(value) & known
            few = len(listed) <= MOST_LISTED * len(known)
            if few and wrong < listed and not _FAILURES.search(key):
                notes.append(
                    f"'{shown(key)}' lists {len(listed):,} of {len(known):,} questions, among them "
                    f"all {len(wrong):,} that were judged wrong: if these were asked again because "
                    "they had been judged wrong, reported J is too high."
                )
    return notes


def _objects_of(document: Sequence[tuple[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for _, value in document:
        yield from _objects_in(value, _DEPTH)


def _objects_in(value: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in parsed JSON that are not in lists, where rows are."""
    if isinstance(value, dict) and depth:
        yield value
        for item in value.values():
            yield from _objects_in(item, depth - 1)


def _own_name(plain: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the number and the name of the category that an object states of itself."""
    numbers = [
        number for key in _NUMBER_KEYS if (number := whole_number(plain.get(key))) is not None
    ]
    names = [name for key in _NAME_KEYS if isinstance(name := plain.get(key), str)]
    if numbers:
        yield from ((numbers[0], name) for name in names if _category_called(name))


def _table(item: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the numbers and names in a table of categories, by number or by name.

    Numbers under names may also be counts, unless they are 1, 2, 3, 4 and so on.
    """
    for key, value in item.items():
        plain = plain_keys(value) if isinstance(value, dict) else {}
        number = whole_number(key)
        if number is None:
            number = whole_number(first_text(plain, _NUMBER_KEYS))
            name: str | None = key
        else:
            name = value if isinstance(value, str) else first_text(plain, _NAME_KEYS)
        if number is not None and name is not None:
            yield number, name
    numbers = {key: whole_number(value) for key, value in item.items() if _category_called(key)}
    if len(numbers) > 3 and set(numbers.values()) == set(range(1, len(numbers) + 1)):
        yield from ((number, key) for key, number in numbers.items() if number is not None)


def _category_called(name: str) -> int | None:
    """Return the number of the only category whose name a text contains."""
    found = {number for pattern, number in _NAMES.items() if pattern.search(name.lower())}
    return found.pop() if len(found) == 1 else None


def _listed(value: Any) -> set[str]:
    """Return the names in a list, or in a text that separates them."""
    if isinstance(value, str):
        return set(_SEPARATORS.split(value))
    if isinstance(value, list):
        return {item for item in value if isinstance(item, str)}
    return set()

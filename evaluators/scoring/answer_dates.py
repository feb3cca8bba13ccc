"""Finds the years and the days that an answer names."""

from __future__ import annotations

import re
from datetime import date

from ..judging.dates import MONTHS

__all__ = ["days_in", "in_words", "years_in"]

_YEAR = re.compile(r"(?<![\d.,$€£-])(?:1[89]|20)\d\d(?![\d%]|[.,]\d)")
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]}|t)?" for month in MONTHS)
_DAY = re.compile(
    rf"""\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\ +(?:of\ +)?
        (?P<month>{_MONTH})\.?\ *,?\ *(?P<year>\d{{4}})\b
    | \b(?P<month2>{_MONTH})\.?\ +(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\ *,?\ *(?P<year2>\d{{4}})\b
    | \b(?P<year3>\d{{4}})-(?P<month3>\d\d)-(?P<day3>\d\d)(?!\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_MOST_CHARACTERS = 2000
"""Only the beginning of an answer is searched."""

_SHORT = [month[:3].lower() for month in MONTHS]


def years_in(text: str) -> frozenset[int]:
    """Return the years from 1800 to 2099 that a text names."""
    return frozenset(int(found) for found in _YEAR.findall(text[:_MOST_CHARACTERS])) | {
        day.year for day in days_in(text)
    }


def days_in(text: str) -> frozenset[date]:
    """Return the days that a text names with day, month and year, in words or as 2023-05-07."""
    days = set()
    for found in _DAY.finditer(text[:_MOST_CHARACTERS]):
        year = found["year"] or found["year2"] or found["year3"]
        month = found["month"] or found["month2"]
        number = _SHORT.index(month[:3].lower()) + 1 if month else int(found["month3"])
        try:
            days.add(date(int(year), number, int(found["day"] or found["day2"] or found["day3"])))
        except ValueError:
            continue
    return frozenset(days)


def in_words(day: date) -> str:
    """Return a day as LoCoMo writes it: 7 May 2023."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"

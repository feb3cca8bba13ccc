"""Finds the days that a text names, such as "7 May 2023", "last week" or "the week before 7 May".

A relative phrase counts from the day on which it was said; without one, it names no day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from ..judging.dates import MONTHS

__all__ = ["DAYS", "TimeSpan", "find_spans", "without_spans"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The days of the week, from Monday."""
_NUMBERS = {
    **{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6},
    **{"seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12},
    **{"couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "several": 4},
}
_NEAR = {
    **{"yesterday": -1, "last night": -1, "tomorrow": 1},
    **{"the day before yesterday": -2, "the day after tomorrow": 2},
}
_NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
_MONTH = "|".join([*MONTHS, *(month[:3] for month in MONTHS), "Sept"])
_DAY = r"(?P<{}>\d{{1,2}})(?:st|nd|rd|th)?"
_YEAR = r"(?P<{}>(?:19|20)\d\d)"
_DATE = "|".join(
    [
        rf"{_YEAR.format('y1')}-(?P<m1>\d\d)-(?P<d1>\d\d)",
        rf"{_DAY.format('d2')}(?:\s+of)?\s*(?P<m2>{_MONTH})\b\.?\s*,?\s*{_YEAR.format('y2')}",
        rf"(?P<m3>{_MONTH})\b\.?\s+{_DAY.format('d3')},?\s+{_YEAR.format('y3')}",
        rf"(?P<m4>{_MONTH})\b\.?\s*,?\s*(?:of\s+)?{_YEAR.format('y4')}",
        _YEAR.format("y5"),
    ]
)
_UNIT = r"(?P<unit>day|week(?:end)?|month|year)s?"
_BEFORE = (
    r"(?:(?:in\s+|during\s+)?the\s+)?"
    rf"(?:(?:{_NUMBER}\s+)?(?:{_UNIT}|(?P<weekday>{'|'.join(DAYS)}))\s+(?P<side>before|prior to|"
    r"after|of)\s+|(?P<part>early|mid|late|beginning of|middle of|end of)[\s-]+(?:in\s+)?)"
)
_ABSOLUTE = re.compile(rf"\b(?:{_BEFORE})?(?:{_DATE})\b", re.IGNORECASE)
_RELATIVE = re.compile(
    r"\b(?:(?P<near>today|tonight|this (?:morning|afternoon|evening)|yesterday|last night|"
    r"(?:the day before|the day after) (?:yesterday|tomorrow)|tomorrow)"
    rf"|(?P<which>last|past|previous|this|next|coming)\s+(?:(?P<unit>day|week(?:end)?|month|year)|"
    rf"(?P<weekday>{'|'.join(DAYS)})|(?P<month>{'|'.join(MONTHS)}))"
    rf"|(?:on\s+)(?P<onday>{'|'.join(DAYS)})"
    rf"|{_NUMBER}\s+(?P<ago>day|week(?:end)?|month|year)s?\s+(?:ago|earlier|back)"
    rf"|in\s+{_NUMBER.replace('number', 'later')}\s+(?P<ahead>day|week|month|year)s?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Some days in a row that a text names."""

    first: date
    last: date
    text: str
    """The words that name them."""

    @property
    def days(self) -> int:
        """How many days they are."""
        return (self.last - self.first).days + 1

    def names(self, wanted: TimeSpan) -> bool:
        """Return whether whoever reads this span knows the wanted one: it is equal or narrower.

        Two spans of which more than half is common, such as two readings of "last week", are equal.
        """
        if wanted.first <= self.first and self.last <= wanted.last:
            return True
        common = (min(self.last, wanted.last) - max(self.first, wanted.first)).days + 1
        whole = (max(self.last, wanted.last) - min(self.first, wanted.first)).days + 1
        return common > whole / 2


@lru_cache(maxsize=65_536)
def find_spans(text: str, said: date | None = None) -> tuple[TimeSpan, ...]:
    """Return the days that a text names.

    Args:
        text: the text.
        said: the day from which relative phrases count; None for the only full date in the text
            itself, as in a passage that begins with its day.
    """
    found = list(_absolute_spans(text))
    days = {span.first for span in found if span.days == 1}
    said = said or (days.pop() if len(days) == 1 else None)
    if said is not None:
        taken = _ABSOLUTE.sub(lambda match: " " * len(match[0]), text)
        found += _relative_spans(taken, said)
    return tuple(found)


def without_spans(text: str) -> str:
    """Return a text without the words that name days by a date."""
    return _ABSOLUTE.sub(" ", text)


def _absolute_spans(text: str) -> Iterator[TimeSpan]:
    for match in _ABSOLUTE.finditer(text):
        try:
            yield _moved(match, *_span_of(match))
        except (ValueError, OverflowError):
            continue


def _span_of(match: re.Match[str]) -> tuple[date, date]:
    year = int(next(match[f"y{n}"] for n in range(1, 6) if match[f"y{n}"]))
    name = next((match[f"m{n}"] for n in range(1, 5) if match[f"m{n}"]), None)
    day = next((match[f"d{n}"] for n in range(1, 4) if match[f"d{n}"]), None)
    if name is None:
        return date(year, 1, 1), date(year, 12, 31)
    month = int(name) if name.isdigit() else _month(name)
    if day is not None:
        found = date(year, month, int(day))
        return found, found
    return date(year, month, 1), _month_end(year, month)


def _moved(match: re.Match[str], first: date, last: date) -> TimeSpan:
    """Return the span that the words before a date make of it, such as "the week before"."""
    text, side = match[0], (match["side"] or "").lower()
    if match["part"]:
        return _part_of(match["part"].lower(), first, last, text)
    if match["weekday"] and side:
        back = side != "after"
        wanted = DAYS.index(match["weekday"].lower())
        return _one(_nearest_weekday(first if back else last, wanted, back=back), text)
    if match["unit"] and side == "of":
        if first == last:
            return TimeSpan(*_around(first, match["unit"].lower()), text)
        return TimeSpan(first, last, text)
    if match["unit"]:
        number = _count(match["number"] or "1")
        return _shifted(first, match["unit"].lower(), number, side == "after", text)
    return TimeSpan(first, last, text)


def _part_of(part: str, first: date, last: date, text: str) -> TimeSpan:
    third = (last - first).days // 3
    if part in ("early", "beginning of"):
        return TimeSpan(first, first + timedelta(third), text)
    if part in ("late", "end of"):
        return TimeSpan(last - timedelta(third), last, text)
    return TimeSpan(first + timedelta(third), last - timedelta(third), text)


def _shifted(day: date, unit: str, number: int, later: bool, text: str) -> TimeSpan:
    """Return the day, week, weekend, month or year a number of units before or after a day."""
    sign = 1 if later else -1
    if unit == "day":
        return _one(day + sign * timedelta(number), text)
    if unit == "week":
        near, far = day + sign * timedelta(7 * number - 6), day + sign * timedelta(7 * number)
        return TimeSpan(min(near, far), max(near, far), text)
    if unit == "weekend":
        saturday = _nearest_weekday(day, 5, back=not later)
        saturday += sign * timedelta(7 * (number - 1))
        return TimeSpan(saturday, saturday + timedelta(1), text)
    if unit == "month":
        months = day.year * 12 + day.month - 1 + sign * number
        year, month = divmod(months, 12)
        return TimeSpan(date(year, month + 1, 1), _month_end(year, month + 1), text)
    year = day.year + sign * number
    return TimeSpan(date(year, 1, 1), date(year, 12, 31), text)


def _relative_spans(text: str, said: date) -> Iterator[TimeSpan]:
    for match in _RELATIVE.finditer(text):
        for read in (_near, _which, _ago):
            try:
                span = read(match, said)
            except (ValueError, OverflowError):
                continue
            if span is not None:
                yield span
                break


def _near(match: re.Match[str], said: date) -> TimeSpan | None:
    near = (match["near"] or "").lower()
    if not near:
        return None
    return _one(said + timedelta(_NEAR.get(near, 0)), match[0])


def _which(match: re.Match[str], said: date) -> TimeSpan | None:
    which, text = (match["which"] or "").lower(), match[0]
    later = which in ("next", "coming")
    weekday = match["weekday"] or match["onday"]
    if weekday:
        wanted = DAYS.index(weekday.lower())
        return _one(_nearest_weekday(said, wanted, back=not later and which != "this"), text)
    if match["month"]:
        month = _month(match["month"])
        year = said.year + (month <= said.month if later else -(month >= said.month))
        return TimeSpan(date(year, month, 1), _month_end(year, month), text)
    if not match["unit"]:
        return None
    unit = match["unit"].lower()
    if which == "this":
        return TimeSpan(*_around(said, unit), text)
    return _shifted(said, unit, 1, later, text)


def _ago(match: re.Match[str], said: date) -> TimeSpan | None:
    if match["ago"]:
        return _shifted(said, match["ago"].lower(), _count(match["number"]), False, match[0])
    if match["ahead"]:
        return _shifted(said, match["ahead"].lower(), _count(match["later"]), True, match[0])
    return None


def _around(day: date, unit: str) -> tuple[date, date]:
    monday = day - timedelta(day.weekday())
    spans: dict[str, Callable[[], tuple[date, date]]] = {
        "day": lambda: (day, day),
        "week": lambda: (monday, monday + timedelta(6)),
        "weekend": lambda: (monday + timedelta(5), monday + timedelta(6)),
        "month": lambda: (day.replace(day=1), _month_end(day.year, day.month)),
        "year": lambda: (date(day.year, 1, 1), date(day.year, 12, 31)),
    }
    return spans[unit]()


def _nearest_weekday(day: date, wanted: int, *, back: bool) -> date:
    """Return the nearest such weekday before or after a day, which is not the day itself."""
    apart = day.weekday() - wanted if back else wanted - day.weekday()
    return day + timedelta((apart - 1) % 7 + 1) * (-1 if back else 1)


def _one(day: date, text: str) -> TimeSpan:
    return TimeSpan(day, day, text)


def _month(name: str) -> int:
    return next(n for n, month in enumerate(MONTHS, 1) if month[:3].lower() == name[:3].lower())


def _month_end(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(1)


def _count(number: str) -> int:
    return int(number) if number.isdecimal() else _NUMBERS[number.lower()]

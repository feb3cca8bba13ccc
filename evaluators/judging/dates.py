"""Finds a date in a gold answer, writes it in other formats, and moves it to another time.

LoCoMo writes dates as `7 May 2023`, `May 7, 2023`, `May 2023` and `2023`, sometimes with commas,
alone or after words such as "the week before".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["MONTHS", "FoundDate", "find_date", "other_formats", "shifted"]

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
"""The months' names, in order."""

_SHORT = 4
_MONTH = "|".join(MONTHS)
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})\s+)?(?P<month>{_MONTH})\s*,?\s*(?P<year>(?:19|20)\d\d)\b"
    rf"|\b(?P<month2>{_MONTH})\s+(?P<day2>\d{{1,2}})\s*,\s*(?P<year2>(?:19|20)\d\d)\b"
    r"|\b(?P<year3>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """The only date in a text."""

    text: str
    """The whole text."""
    before: str
    """The text before the date."""
    after: str
    """The text after the date."""
    year: int
    month: int | None = None
    """From 1; None if the date is only a year."""
    day: int | None = None
    """From 1; None if the date is only a year or a month."""

    def put(self, date: str) -> str:
        """Return the text with another date instead of this one."""
        return f"{self.before}{date}{self.after}"


def find_date(text: str) -> FoundDate | None:
    """Return the only date in a text; None if it has no date, several, or other digits."""
    found = list(_DATE.finditer(text))
    if len(found) != 1:
        return None
    (date,) = found
    before, after = text[: date.start()], text[date.end() :]
    if re.search(r"\d", before + after):
        return None
    year = date["year"] or date["year2"] or date["year3"]
    name, day = date["month"] or date["month2"], date["day"] or date["day2"]
    if day is not None and not 1 <= int(day) <= 28:
        return None
    return FoundDate(
        text=text,
        before=before,
        after=after,
        year=int(year),
        month=MONTHS.index(name.capitalize()) + 1 if name else None,
        day=int(day) if day else None,
    )


def other_formats(date: FoundDate) -> Sequence[str]:
    """Return the whole text with the same date in other formats."""
    if date.month is None:
        return () if date.before.strip() else [date.put(f"in the year {date.year}")]
    name = MONTHS[date.month - 1]
    short = name if len(name) <= _SHORT else f"{name[:3]}."
    if date.day is None:
        formats = [f"{name} of {date.year}", f"{short} {date.year}"]
    else:
        ordinal = f"{date.day}{_ordinal_ending(date.day)}"
        formats = [
            f"{name} {ordinal}, {date.year}",
            f"the {ordinal} of {name} {date.year}",
            f"{date.year}-{date.month:02d}-{date.day:02d}",
            f"{short} {date.day}, {date.year}",
        ]
    return [text for text in map(date.put, formats) if text != date.text]


def shifted(date: FoundDate) -> Sequence[str]:
    """Return the whole text with dates on another day, or in another month or year.

    A day is shifted by nine days, so that "the week before" also means another week.
    """
    moved = []
    if date.month is not None and date.day is not None:
        day = date.day + 9 if date.day <= 19 else date.day - 9
        moved.append(_write_date(day, date.month, date.year))
    if date.month is not None:
        moved.append(_write_date(date.day, (date.month + 3) % 12 + 1, date.year))
    moved.append(_write_date(date.day, date.month, date.year - 3))
    return [date.put(text) for text in moved]


def _write_date(day: int | None, month: int | None, year: int) -> str:
    parts = [str(day) if day else "", MONTHS[month - 1] if month else "", str(year)]
    return " ".join(part for part in parts if part)


def _ordinal_ending(day: int) -> str:
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")

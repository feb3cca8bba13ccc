"""Times as people say them, and the dates they mean."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["NUMBER_WORDS", "TIMES", "RelativeTime", "spoken_date"]

NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")
"""Numbers as people say them."""


@dataclass(frozen=True, slots=True)
class RelativeTime:
    """A time relative to the day of the conversation."""

    phrase: str
    """What is said, such as "last Saturday"."""
    meaning: str | int
    """What it means: a date such as "20 May 2023", a month such as "May 2023", or a year."""


def spoken_date(day: date) -> str:
    """Return a date as LoCoMo's answers write it."""
    return f"{day.day} {day:%B} {day.year}"


def _recent(rng: random.Random, today: date) -> RelativeTime:
    way = rng.choice(("yesterday", "ago", "ago", "last", "last", "week"))
    if way == "yesterday":
        return RelativeTime("yesterday", spoken_date(today - timedelta(days=1)))
    if way == "week":
        return RelativeTime("last week", f"The week before {spoken_date(today)}")
    days = rng.randint(2, 6)
    day = today - timedelta(days=days)
    phrase = f"last {day:%A}" if way == "last" else f"{NUMBER_WORDS[days]} days ago"
    return RelativeTime(phrase, spoken_date(day))


def _month(today: date, step: int) -> str:
    months = today.year * 12 + today.month - 1 + step
    return f"{date(months // 12, months % 12 + 1, 1):%B} {months // 12}"


def _last_month(_: random.Random, today: date) -> RelativeTime:
    return RelativeTime("last month", _month(today, -1))


def _soon(rng: random.Random, today: date) -> RelativeTime:
    months = rng.choice((1, 1, 2, 3))
    phrase = "next month" if months == 1 else f"in {NUMBER_WORDS[months]} months"
    return RelativeTime(phrase, _month(today, months))


def _years_ago(rng: random.Random, today: date) -> RelativeTime:
    years = rng.randint(1, 8)
    if rng.random() < 0.3:
        return RelativeTime(f"in {today.year - years}", today.year - years)
    phrase = "last year" if years == 1 else f"{NUMBER_WORDS[years]} years ago"
    return RelativeTime(phrase, today.year - years)


TIMES: Mapping[str, Callable[[random.Random, date], RelativeTime]] = {
    "recent": _recent,
    "last month": _last_month,
    "soon": _soon,
    "years ago": _years_ago,
}
"""The kinds of time that a story can mention; each draws one relative to the day of the talk."""

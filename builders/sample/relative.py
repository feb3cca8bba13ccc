"""Times as people say them, and the dates they mean."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["TIMES", "Moment", "spoken_date"]

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time relative to the day of the talk."""

    phrase: str
    """What is said, such as "last Saturday"."""
    answer: str | int
    """What it means, such as "20 May 2023", or a year."""


def spoken_date(day: date) -> str:
    """Return a date as LoCoMo's answers write it."""
    return f"{day.day} {day:%B} {day.year}"


def _recent(rng: random.Random, today: date) -> Moment:
    way = rng.choice(("yesterday", "ago", "ago", "last", "last", "week"))
    if way == "yesterday":
        return Moment("yesterday", spoken_date(today - timedelta(days=1)))
    if way == "week":
        return Moment("last week", f"The week before {spoken_date(today)}")
    days = rng.randint(2, 6)
    day = today - timedelta(days=days)
    phrase = f"last {day:%A}" if way == "last" else f"{_NUMBERS[days]} days ago"
    return Moment(phrase, spoken_date(day))


def _month(today: date, step: int) -> str:
    months = today.year * 12 + today.month - 1 + step
    return f"{date(months // 12, months % 12 + 1, 1):%B} {months // 12}"


def _last_month(_: random.Random, today: date) -> Moment:
    return Moment("last month", _month(today, -1))


def _soon(rng: random.Random, today: date) -> Moment:
    months = rng.choice((1, 1, 2, 3))
    phrase = "next month" if months == 1 else f"in {_NUMBERS[months]} months"
    return Moment(phrase, _month(today, months))


def _years_ago(rng: random.Random, today: date) -> Moment:
    years = rng.randint(1, 8)
    if rng.random() < 0.3:
        return Moment(f"in {today.year - years}", today.year - years)
    phrase = "last year" if years == 1 else f"{_NUMBERS[years]} years ago"
    return Moment(phrase, today.year - years)


TIMES: dict[str, Callable[[random.Random, date], Moment]] = {
    "recent": _recent,
    "last month": _last_month,
    "soon": _soon,
    "years ago": _years_ago,
}
"""Ways to speak of a time, each for the day of the talk."""

"""Days named in words; expected values were looked up in a calendar."""

from __future__ import annotations

from datetime import date

import pytest

from locomo_vqa.evaluators.failures.time_spans import find_spans

SAID = date(2023, 6, 8)  # A Thursday.


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("7 May 2023", (2023, 5, 7), (2023, 5, 7)),
        ("May 7th, 2023", (2023, 5, 7), (2023, 5, 7)),
        ("2023-05-07", (2023, 5, 7), (2023, 5, 7)),
        ("22August, 2022", (2022, 8, 22), (2022, 8, 22)),
        ("February 2024", (2024, 2, 1), (2024, 2, 29)),
        ("in 2019", (2019, 1, 1), (2019, 12, 31)),
        ("The week before 9 June 2023", (2023, 6, 2), (2023, 6, 8)),
        ("The sunday before 25 May 2023", (2023, 5, 21), (2023, 5, 21)),
        ("two weekends before 17 July 2023", (2023, 7, 8), (2023, 7, 9)),
        ("two days before 1 March 2023", (2023, 2, 27), (2023, 2, 27)),
        ("late December 2022", (2022, 12, 21), (2022, 12, 31)),
        ("yesterday", (2023, 6, 7), (2023, 6, 7)),
        ("last Sunday", (2023, 6, 4), (2023, 6, 4)),
        ("last week", (2023, 6, 1), (2023, 6, 7)),
        ("four days ago", (2023, 6, 4), (2023, 6, 4)),
        ("two months ago", (2023, 4, 1), (2023, 4, 30)),
        ("next month", (2023, 7, 1), (2023, 7, 31)),
        ("in three years", (2026, 1, 1), (2026, 12, 31)),
        ("last January", (2023, 1, 1), (2023, 1, 31)),
        ("last July", (2022, 7, 1), (2022, 7, 31)),
    ],
)
def test_days_are_found(text: str, first: tuple[int, int, int], last: tuple[int, int, int]) -> None:
    (span,) = find_spans(text, SAID)
    assert (span.first, span.last) == (date(*first), date(*last))


@pytest.mark.parametrize("text", ["30 February 2023", "2023-13-01", "she may go", "12345", ""])
def test_what_is_no_day_is_not_one(text: str) -> None:
    assert not [span for span in find_spans(text, SAID) if span.days == 1]


def test_a_relative_phrase_counts_from_the_only_date_beside_it() -> None:
    assert find_spans("We met last Sunday.") == ()
    spans = find_spans("8 June 2023, Omar: We met last Sunday.")
    assert [span.first for span in spans] == [date(2023, 6, 8), date(2023, 6, 4)]


def test_a_narrower_span_names_a_wider_one_and_not_the_reverse() -> None:
    (day,), (month,) = find_spans("4 June 2023"), find_spans("June 2023")
    assert day.names(month)
    assert not month.names(day)
    (one,), (other,) = find_spans("last week", SAID), find_spans("the week before 9 June 2023")
    assert one.names(other)

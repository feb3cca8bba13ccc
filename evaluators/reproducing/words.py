"""Figures and rows in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["rows_in_words", "shown_value"]

_DIGITS: Mapping[str, int] = {"l": 1, "j": 1, "v": 1, "tokens_per_s": 1}
_SMALL = 0.095
"""Below this, a figure has two digits that are not 0."""


def rows_in_words(numbers: Sequence[int], of: int | None = None) -> str:
    """Return the rows with these numbers in words; those of a table of `of` rows are "every"."""
    if len(numbers) == of and len(numbers) > 1:
        return "Every row"
    if len(numbers) == 1:
        return f"Row {numbers[0]}"
    *first, last = map(str, numbers)
    return f"Rows {', '.join(first)} and {last}"


def shown_value(column: str, value: float | None) -> str | None:
    """Return a figure with the digits of the paper's, and more if it is small; None stays None."""
    if value is None:
        return None
    if value and abs(value) < _SMALL:
        return f"{value:.2g}"
    return f"{value:,.{_DIGITS.get(column, 2)}f}"

"""A table that is whole at any width: narrower columns, else several tables, else lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

from locomo_vqa.text import printable

__all__ = ["WholeTable"]

_MOST_LINES = 5
"""A row of more lines reads worse than a block of its own."""
_MOST_TABLES = 5
_UNBOUNDED = 100_000


class WholeTable(Table):
    """A table whose words and numbers are never cut off.

    If it is wider than the terminal, columns of words become narrower, as long as every word fits.
    If that is not enough, the columns are spread over several tables that all begin with the first
    one; and if that is not enough either, each row becomes a block of lines.
    """

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not self.columns:
            return
        groups = self._fitting_groups(console, options)
        if groups is None:
            yield from self._blocks()
            return
        for number, group in enumerate(groups):
            yield self._part(group, console, options, title=self.title if number == 0 else None)

    def _fitting_groups(self, console: Console, options: ConsoleOptions) -> list[list[int]] | None:
        """Return the columns of each table; None if even two of them are too wide together."""
        everything = list(range(len(self.columns)))
        if self._widths(everything, console, options) is not None:
            return [everything]
        groups: list[list[int]] = [[0]]
        for number in everything[1:]:
            if self._widths([*groups[-1], number], console, options) is not None:
                groups[-1].append(number)
            elif self._widths([0, number], console, options) is None:
                return None
            else:
                groups.append([0, number])
        return groups if len(groups) <= _MOST_TABLES else None

    def _widths(
        self, group: Sequence[int], console: Console, options: ConsoleOptions
    ) -> list[int] | None:
        columns = [self.columns[number] for number in group]
        wanted = [max(map(_longest_line, _texts_of(column))) for column in columns]
        wide = self._empty_copy(group, [None] * len(group)).__rich_measure__(
            console, options.update(max_width=_UNBOUNDED)
        )
        headings = sum(_longest_line(_plain(column.header)) for column in columns)
        return _fitting_widths(columns, wanted, options.max_width - (wide.maximum - headings))

    def _empty_copy(
        self, group: Sequence[int], widths: Sequence[int | None], title: Any = None
    ) -> Table:
        """Return a table with some of the columns, without rows."""
        copy = Table(
            box=self.box,
            title=title,
            title_justify=self.title_justify,
            title_style=self.title_style,
            pad_edge=self.pad_edge,
            collapse_padding=self.collapse_padding,
        )
        for number, width in zip(group, widths, strict=True):
            column = self.columns[number]
            copy.add_column(
                column.header, justify=column.justify, no_wrap=column.no_wrap, width=width
            )
        return copy

    def _part(
        self, group: Sequence[int], console: Console, options: ConsoleOptions, *, title: Any
    ) -> Table:
        widths = self._widths(group, console, options)
        assert widths is not None
        part = self._empty_copy(group, widths, title)
        for row, facts in zip(self._rows(), self.rows, strict=True):
            part.add_row(*(row[number] for number in group), end_section=facts.end_section)
        return part

    def _rows(self) -> Iterator[Sequence[Any]]:
        yield from zip(*(list(column.cells) for column in self.columns), strict=True)

    def _blocks(self) -> RenderResult:
        """Yield each row as its first cell, then a line for every other cell that has content."""
        if self.title:
            yield _safe(_plain(self.title), style="bold")
        headings = [_plain(column.header) for column in self.columns]
        for first, *others in self._rows():
            if _plain(first):
                yield _safe(_plain(first), style="bold")
            for heading, cell in zip(headings[1:], others, strict=True):
                if _plain(cell).strip():
                    yield _safe(f"  {heading}: {_plain(cell)}" if heading else f"  {_plain(cell)}")
        yield Text("")


def _fitting_widths(
    columns: Sequence[Column], wanted: Sequence[int], most: int
) -> list[int] | None:
    """Return widths whose sum is at most `most`, the widest columns narrowed first.

    None if a number or a word would be cut off, or a row would be very high.
    """
    least = [
        width if column.no_wrap else max(map(_longest_word, _texts_of(column)))
        for column, width in zip(columns, wanted, strict=True)
    ]
    if sum(least) > most:
        return None
    widths = list(wanted)
    while sum(widths) > most:
        narrowable = [number for number, width in enumerate(widths) if width > least[number]]
        widths[max(narrowable, key=lambda number: widths[number])] -= 1
    highest = max(
        math.ceil(cell_len(text) / max(1, width - 3))
        for column, width in zip(columns, widths, strict=True)
        for text in _texts_of(column)
    )
    return widths if widths == list(wanted) or highest <= _MOST_LINES else None


def _texts_of(column: Column) -> list[str]:
    return [_plain(column.header), *map(_plain, column.cells)]


def _safe(text: str, *, style: str = "") -> Text:
    return Text(printable(text), style=style)


def _plain(cell: Any) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)


def _longest_line(text: str) -> int:
    return max(map(cell_len, text.split("\n")))


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)

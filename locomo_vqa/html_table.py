"""HTML tables for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from locomo_vqa.text import printable

__all__ = ["html_table"]

_STYLE = {"text": "text-align: left", "number": "text-align: right"}


def html_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Sequence[str] = (),
    caption: str | None = None,
    notes: Iterable[str] = (),
) -> str:
    """Return an HTML table for a result's `_repr_html_`; every text in it is escaped.

    Args:
        columns: headings of the text columns, which come first.
        rows: the cells of each row, one for each heading; None is shown as a dash.
        numbers: headings of the number columns, which are aligned to the right.
        caption: what the table shows.
        notes: sentences below the table.
    """
    styles = [_STYLE["text"]] * len(columns) + [_STYLE["number"]] * len(numbers)
    head = _row("th", [*columns, *numbers], styles)
    body = "".join(_row("td", row, styles) for row in rows)
    title = "" if caption is None else f"<caption>{_text(caption)}</caption>"
    below = "".join(f"<li>{_text(note)}</li>" for note in notes)
    table = f"<table>{title}<thead>{head}</thead><tbody>{body}</tbody></table>"
    return f"{table}<ul>{below}</ul>" if below else table


def _row(tag: str, cells: Sequence[object], styles: Sequence[str]) -> str:
    filled = (
        f'<{tag} style="{style}">{_text("–" if cell is None else str(cell))}</{tag}>'
        for cell, style in zip(cells, styles, strict=True)
    )
    return f"<tr>{''.join(filled)}</tr>"


def _text(text: str) -> str:
    return escape(printable(text))

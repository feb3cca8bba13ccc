"""Tables that results show in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["html_table"]

_TABLE = """\
<table><caption>{{ title }}</caption>
<thead><tr>{% for column in columns %}<th>{{ column }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in rows %}
<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}
</tbody></table>{% for note in notes %}
<p>{{ note }}</p>{% endfor %}"""


def html_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    notes: Iterable[str] = (),
) -> str:
    """Return a table with notes below it; every text is escaped."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(_TABLE)
    return template.render(title=title, columns=columns, rows=list(rows), notes=list(notes))

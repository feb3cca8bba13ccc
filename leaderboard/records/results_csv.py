"""The board's numbers in one row per entry, as results.csv and as a data frame."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..board_entry import Entry
from ..results import BOARD_METRICS, Rankings, result_row

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "board_frame", "flat_row", "results_csv"]

_FORMULA = re.compile(
    "(^|[;\t\r\n])"
    '([\\s"\ufeff\u200b-\u200f\u2060]*'
    "[=+@\\-\u2212\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b])"
)
"""A formula at the start of a cell, or where one starts for a spreadsheet that separates cells by
semicolons or tabs, for which quotes in the middle of a line mean nothing; `=+-@` have wide forms,
which some programs read as these."""
_SCORES = {
    "": "value",
    "_low": "low",
    "_high": "high",
    "_n": "n",
    "_rank_low": "rank_low",
    "_rank_high": "rank_high",
    "_group": "group",
}
_PLACES = ("kind", "badge", "table", "standing")
_BEFORE = (
    "entry",
    "system",
    "version",
    "answerer",
    "images",
    "split",
    "date",
    "submission_type",
    "trained_on_locomo",
)
_REPORTED = {f"reported_j{end}": key for end, key in list(_SCORES.items())[:4]} | {
    "reported_judge": "judge"
}
"""Reported J of a published file, and who gave its verdicts: not a score of this board."""
_AFTER = (
    *("judge", "answered", "questions", "states", "clean", "answer_length", "conversations"),
    *_PLACES,
    "certificate",
    *_REPORTED,
)

COLUMNS = (*_BEFORE, *(f"{name}{end}" for name in BOARD_METRICS for end in _SCORES), *_AFTER)
"""The columns of results.csv."""


def results_csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows of `results.result_rows` as CSV with a heading.

    Beside the value of a metric are its interval (`<metric>_low`, `<metric>_high`), its number of
    questions (`<metric>_n`), and with whom it is tied (`<metric>_rank_low`, `<metric>_rank_high`,
    `<metric>_group`). A score that was not computed is an empty cell. Text that a spreadsheet would
    read as a formula is prefixed with an apostrophe, also after a semicolon within a text.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in flat_row(row).values()])
    return out.getvalue()


def board_frame(entries: Iterable[Entry], rankings: Rankings | None = None) -> pd.DataFrame:
    """Return every entry as a row: the columns of results.csv, then its state and its problems.

    A rejected entry has only its name, state and problems.

    Args:
        entries: a board's entries.
        rankings: the board's rankings.
    """
    import pandas as pd

    rows = [
        {
            **(
                flat_row(result_row(entry, rankings))
                if entry.state == "rescored"
                else {"entry": entry.name}
            ),
            "state": entry.state,
            "problems": "\n".join(entry.problems),
        }
        for entry in entries
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, "state", "problems"])


def flat_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `results.result_rows` with the columns of `COLUMNS`."""
    scores = {
        f"{name}{end}": row["scores"][name].get(key)
        for name in BOARD_METRICS
        for end, key in _SCORES.items()
    }
    return {
        **{name: row[name] for name in _BEFORE},
        **scores,
        "judge": row["judge"],
        "answered": row["given"],
        "questions": row["total"],
        "states": "; ".join(f"{number} {state}" for state, number in row["states"].items()),
        "clean": row["clean"],
        "answer_length": row["answer_length"],
        "conversations": row["conversations"],
        **{name: row[name] for name in _PLACES},
        "certificate": row["certificate"],
        **{name: (row["reported_j"] or {}).get(key) for name, key in _REPORTED.items()},
    }


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    text = _FORMULA.sub(r"\1'\2", value)
    return f"'{text}" if text.startswith(("\t", "\r")) else text

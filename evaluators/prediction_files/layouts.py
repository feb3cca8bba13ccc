"""Names the layout of a predictions file, and finds its rows.

The names of files and projects don't matter: any list of objects with questions is read, however
deeply it is nested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from locomo_vqa.errors import InputError

from .fields import first_text, is_row, plain_keys
from .keys import QUESTION_KEYS, is_generic
from .raw_rows import RawRow
from .walking import NotARow, RowFinder

__all__ = ["FILE_LAYOUTS", "LAYOUT_MEANINGS", "FileLayout", "FoundRows", "find_rows"]

FileLayout = Literal["ours", "longmemeval", "mem0", "zep", "evermemos", "locomo", "rows"]
"""The layout of a predictions file:

ours          JSON Lines as in a run folder's predictions.jsonl
longmemeval   rows of `question_id` and `hypothesis`
mem0          a dict from conversation to its rows, as Mem0's evaluation writes it
zep           the same, with the prediction in `answer` and the gold answer beside it
evermemos     the same under `detailed_results`
locomo        LoCoMo's own: conversations with their questions in `qa`
rows          rows in any other arrangement: a bare list, under a key, or one per line
"""
FILE_LAYOUTS: tuple[FileLayout, ...] = get_args(FileLayout)

LAYOUT_MEANINGS: dict[str, str] = {
    "run": "a run of this toolkit",
    "ours": "this toolkit's predictions.jsonl",
    "longmemeval": "rows of ids and hypotheses, as in LongMemEval",
    "mem0": "a list of rows for each conversation",
    "zep": "a list of rows for each conversation, the answers in `answer`",
    "evermemos": "a list of rows for each conversation, in `detailed_results`",
    "locomo": "LoCoMo's own",
    "rows": "a list of rows",
}
"""What to call each layout in a sentence; whose system made the file is another question."""

_REMEDY = "Give a file in one of the layouts that docs/formats.md describes."


@dataclass(frozen=True, slots=True)
class FoundRows:
    """The rows of a file."""

    layout: FileLayout
    rows: Sequence[RawRow]
    lists: tuple[str, ...]
    """The names of lists that answer the same questions, of which `rows` has one."""


def find_rows(
    document: Sequence[tuple[str, Any]],
    *,
    path: Path,
    keys: Sequence[str] = (),
    cutoff: str | None = None,
) -> FoundRows:
    """Return the layout and the rows in the result of `read_document`.

    Args:
        document: the pairs of place and value.
        path: the file.
        keys: keys or dotted paths that rows have, if none of the usual ones.
        cutoff: which of several lists of answers to the same questions to take.

    Raises:
        InputError: there are no rows, or an item among rows is not an object.
    """
    finder = RowFinder(keys=keys, cutoff=cutoff)
    rows = finder.rows_in(document)
    stray = finder.stray or (None if rows or finder.seen else finder.nowhere)
    if stray is not None:
        raise _no_object(path, stray)
    if not rows:
        raise _no_rows(path, finder.seen)
    return FoundRows(_layout(document, rows), rows, tuple(finder.cutoffs))


def _layout(document: Sequence[tuple[str, Any]], rows: Sequence[RawRow]) -> FileLayout:
    """Return the layout by the outermost value and the keys of the rows."""
    plain = [plain_keys(row.fields) for row in rows]
    if any("hypothesis" in row and "question_id" in row for row in plain) and not any(
        first_text(row, QUESTION_KEYS) for row in plain
    ):
        return "longmemeval"
    value = document[0][1]
    if isinstance(value, list):
        inner = any(isinstance(item, dict) and isinstance(item.get("qa"), list) for item in value)
        return "locomo" if inner else "rows"
    if isinstance(value.get("detailed_results"), dict):
        return "evermemos"
    lists = [name for name, item in value.items() if isinstance(item, list)]
    flat = is_row(value) or not lists or any(is_generic(name) for name in value)
    return "rows" if flat else "mem0"


def _no_rows(path: Path, seen: Sequence[str]) -> InputError:
    if not seen:
        return InputError(f"{path}: has no rows of predictions.", _REMEDY)
    return InputError(
        f"{path}: has no rows of predictions: no list in it has questions under a known key. "
        f"Its lists are {'; '.join(seen)}.",
        "If one has the answers, name its keys: set `question_key` and `prediction_key`.",
    )


def _no_object(path: Path, stray: NotARow) -> InputError:
    kinds = {"NoneType": "null", "str": "a string", "list": "a list", "bool": "true or false"}
    kind = kinds.get(type(stray.value).__name__, "a number")
    where = f"{path}: {stray.place}" if stray.place else f"{path}"
    return InputError(f"{where}: a row must be a JSON object, not {kind}.", _REMEDY)

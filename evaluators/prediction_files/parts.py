"""Reads the rows of one predictions file, or of each of several that belong together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .answer_keys import NoPredictions, RowKeys, choose_keys, keys_without_answers
from .cutoffs import choose_cutoff
from .fields import at_path
from .layouts import FileLayout, find_rows
from .publisher_notes import misnamed_categories, notes_on_repeats
from .rankings import find_ranking_key
from .raw_rows import RawRow
from .rows import SourceRow, source_rows
from .verdicts import FoundVerdicts, find_verdicts

__all__ = ["FilePart", "ReadOptions", "merge_verdicts", "read_part"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the layout of a file doesn't determine."""

    prediction_key: str | None = None
    """The key of the answers, or a dotted path to them."""
    question_key: str | None = None
    """The key of the questions, or a dotted path to them."""
    cutoff: str | None = None
    """Which of several answers to each question to take, such as `top_50`."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The given keys."""
        return tuple(key for key in (self.question_key, self.prediction_key) if key)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """The rows of one file."""

    path: Path
    layout: FileLayout
    keys: RowKeys
    rows: Sequence[SourceRow]
    """The rows, numbered through all files."""
    verdicts: FoundVerdicts | None
    ranking_key: str | None
    """The key of what was retrieved; None if the file doesn't say."""
    misnamed: Mapping[int, str]
    """The file's names of categories that LoCoMo gives to others, by LoCoMo's number."""
    notes: Sequence[str]


def read_part(
    path: Path,
    document: Sequence[tuple[str, Any]],
    options: ReadOptions,
    *,
    golds: Collection[str],
    start: int = 0,
    several: bool = False,
) -> FilePart:
    """Return the rows of a parsed file.

    Args:
        path: the file.
        document: its content, from `read_document`.
        options: the keys, if they were given.
        golds: the benchmark's gold answers.
        start: the number of the first row.
        several: whether the rows of other files are read too; then their places name the file.

    Raises:
        InputError: the file has no rows, or its predictions can't be determined.
    """
    found = find_rows(document, path=path, keys=options.keys, cutoff=options.cutoff)
    layout = found.layout
    raw, cutoff = list(found.rows), None
    if options.cutoff is not None or found.lists or not _has_path(raw, options.prediction_key):
        raw, cutoff = choose_cutoff(raw, options.cutoff, lists=found.lists, path=path)
    ranking_key = find_ranking_key(raw)
    keys = _choose_keys([row.fields for row in raw], options, golds, path, ranking_key)
    rows = source_rows(raw, keys, path=path)
    if ranking_key is not None:
        rankings = (own.fields.get(ranking_key) for own in raw)
        rows = [replace(row, ranking=own) for row, own in zip(rows, rankings, strict=True)]
    if several:
        rows = [_of_file(row, path) for row in rows]
    notes = [f"The answers are those of {cutoff}."] if cutoff else []
    siblings = _with_siblings(raw, keys.prediction)
    verdicts = find_verdicts(siblings, document) if keys.prediction else None
    return FilePart(
        path=path,
        layout="zep" if layout == "mem0" and keys.prediction == "answer" else layout,
        keys=keys,
        rows=[replace(row, order=row.order + start) for row in rows],
        verdicts=_shifted(verdicts, start),
        ranking_key=ranking_key,
        misnamed=misnamed_categories(raw, document),
        notes=[
            *notes,
            *([keys.note] if keys.note else []),
            *notes_on_repeats(raw, document, verdicts),
        ],
    )


def _choose_keys(
    rows: Sequence[Mapping[str, Any]],
    options: ReadOptions,
    golds: Collection[str],
    path: Path,
    ranking_key: str | None,
) -> RowKeys:
    """Return the rows' keys; a file with rankings needs no answers."""
    try:
        return choose_keys(
            rows,
            prediction_key=options.prediction_key,
            question_key=options.question_key,
            golds=golds,
            path=path,
        )
    except NoPredictions:
        if ranking_key is None:
            raise
        return keys_without_answers(rows, options.question_key)


def merge_verdicts(found: Sequence[FoundVerdicts | None]) -> FoundVerdicts | None:
    """Return the verdicts of several files as those of one."""
    filled = [one for one in found if one is not None]
    if len(filled) < 2:
        return filled[0] if filled else None
    judges = {one.judge for one in filled}
    return FoundVerdicts(
        key=" and ".join(dict.fromkeys(one.key for one in filled)),
        judge=judges.pop() if len(judges) == 1 else None,
        values={order: value for one in filled for order, value in one.values.items()},
        every={order: values for one in filled for order, values in one.every.items()},
        asked=frozenset().union(*(one.asked for one in filled)),
        repeated=frozenset().union(*(one.repeated for one in filled)),
        disagreeing=frozenset().union(*(one.disagreeing for one in filled)),
        errors=frozenset().union(*(one.errors for one in filled)),
    )


def _shifted(found: FoundVerdicts | None, start: int) -> FoundVerdicts | None:
    if found is None or not start:
        return found

    def shift(orders: frozenset[int]) -> frozenset[int]:
        return frozenset(order + start for order in orders)

    return replace(
        found,
        values={order + start: value for order, value in found.values.items()},
        every={order + start: values for order, values in found.every.items()},
        asked=shift(found.asked),
        repeated=shift(found.repeated),
        disagreeing=shift(found.disagreeing),
        errors=shift(found.errors),
    )


def _has_path(rows: Sequence[RawRow], key: str | None) -> bool:
    return key is not None and any(at_path(row.fields, key) is not None for row in rows)


def _with_siblings(rows: Sequence[RawRow], prediction: str) -> list[RawRow]:
    """Return rows with the fields beside a nested prediction, where its verdict is, at the top."""
    inside = prediction.rpartition(".")[0]
    if not inside or any(prediction in row.fields for row in rows):
        return list(rows)
    merged = []
    for row in rows:
        siblings = at_path(row.fields, inside)
        fields = {**row.fields, **(siblings if isinstance(siblings, dict) else {})}
        merged.append(RawRow(place=row.place, key=row.key, fields=fields))
    return merged


def _of_file(row: SourceRow, path: Path) -> SourceRow:
    """Return a row that names its file, which stands for a conversation if no text does."""
    named = row.conversation or row.question
    return replace(
        row,
        place=f"{path.name} {row.place}",
        conversation=row.conversation if named else path.name.partition(".")[0],
    )

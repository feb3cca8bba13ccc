"""The answers of accepted entries, read compactly: thousands of questions of a thousand entries."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError

from ..board_entry import Entry
from ..entry_files.plain_files import PREDICTIONS, open_plain
from ..entry_files.published import read_published
from ..entry_files.rows import read_rows

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MOST_CHARACTERS", "Answers", "read_answers"]

MOST_CHARACTERS = 1000
"""How much of an answer is shown; one more character is kept, to know of the rest."""

_NONE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One entry's answers."""

    texts: pyarrow.Array = field(repr=False)
    """The answers, in any order; null where it is missing."""
    places: Sequence[int] = field(repr=False)
    """By the number of a question: the place of its answer in `texts`, or -1."""

    def of(self, questions: Sequence[int]) -> list[str | None]:
        """Return the beginnings of the answers to some questions, by their numbers."""
        import pyarrow as pa

        chosen = [self.places[number] for number in questions]
        indices = pa.array([None if place == _NONE else place for place in chosen], pa.int64())
        texts: list[str | None] = self.texts.take(indices).to_pylist()
        return texts


def read_answers(
    folder: Path, entry: Entry, benchmark: Benchmark, numbers: Mapping[str, int]
) -> Answers:
    """Read the answers of an accepted entry to the questions in `numbers`.

    Raises:
        InputError: its files can't be read any more.
    """
    if entry.kind == "file":
        found = {p.question_id: p.prediction for p in read_published(folder, benchmark).predictions}
    else:
        columns = _read_columns(folder)
        if columns is not None:
            return _placed(*columns, numbers)
        found = {p.question_id: p.prediction for p in read_rows(folder, numbers).predictions}
    import pyarrow as pa

    return _placed(list(found), pa.array(list(found.values()), pa.string()), numbers)


def _read_columns(folder: Path) -> tuple[list[str], pyarrow.Array] | None:
    """Return ids and answers of a predictions file, or None if it must be read line by line.

    The file was verified, line by line and with every limit, and has not changed since; Arrow reads
    the two columns ten times as fast.
    """
    import pyarrow as pa
    from pyarrow import json

    names = ("question_id", "prediction")
    try:
        with open_plain(folder / PREDICTIONS) as stream:
            content = stream.read()
        table = json.read_json(
            pa.BufferReader(content),
            read_options=json.ReadOptions(use_threads=False, block_size=max(1, len(content))),
            parse_options=json.ParseOptions(
                explicit_schema=pa.schema([(name, pa.string()) for name in names]),
                unexpected_field_behavior="ignore",
            ),
        )
    except (pa.ArrowException, InputError):
        return None
    ids, texts = (table[name].combine_chunks() for name in names)
    if ids.null_count or len(ids) != len(set(ids.to_pylist())):
        return None
    return ids.to_pylist(), texts


def _placed(ids: Sequence[str], texts: pyarrow.Array, numbers: Mapping[str, int]) -> Answers:
    from pyarrow import compute

    short = compute.utf8_slice_codeunits(texts, 0, MOST_CHARACTERS + 1)
    places = array("i", [_NONE]) * len(numbers)
    for place, name in enumerate(ids):
        number = numbers.get(name)
        if number is not None:
            places[number] = place
    return Answers(texts=short, places=places)

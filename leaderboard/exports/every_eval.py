"""Exports a board's accepted entries as records of Every Eval Ever, with their samples."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_path, check_text
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.benchmark.questions import Question, questions_of
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import new_file, write_json
from locomo_vqa.progress import ProgressCallback, progress_reporter

from ..board import Board
from ..board_entry import Entry
from ..question_scores import check_questions
from .aggregate import aggregate, scored_metrics
from .choose import chosen_entries, make_folder, opened_board
from .entry_values import answers_of, values_by_entry
from .identity import identify
from .samples import SampleWriter

__all__ = ["export_records"]

_STEP = "Export records"
_ORGANIZATION = "LoCoMo-VQA"


@checked
def export_records(
    board: Board | str | os.PathLike[str],
    *,
    benchmark: Benchmark | str | os.PathLike[str],
    out: str | os.PathLike[str],
    entries: Sequence[str] | None = None,
    samples: bool = True,
    questions: bool = False,
    organization: str = _ORGANIZATION,
    dataset: str | None = None,
    progress: bool | ProgressCallback = True,
) -> list[Path]:
    """Write accepted entries as records of Every Eval Ever 0.3.0, and return the records' paths.

    Below `out`, each has `data/<benchmark>/<developer>/<system>/<uuid>.json`, and beside it
    `<uuid>_samples.jsonl` with a row for each question and metric. An entry's id depends on its
    name, its files and the benchmark's revision, so exporting again replaces its own files, and
    `out` may be a copy of the repository of records.

    Args:
        board: what `locomo_vqa.verify` returned, or a folder of submissions that was verified.
        benchmark: the benchmark of the board, its folder, or its name.
        out: the folder of the records.
        entries: the entries' names; None for all that are accepted and not withdrawn.
        samples: whether to write the samples; a board of many entries has millions.
        questions: whether samples have the texts of questions and gold answers. Without them, they
            have ids and hashes, so that no copy of the test lies where models are trained from, and
            nothing is passed on whose licence forbids it.
        organization: the name of whoever maintains the board.
        dataset: the benchmark's repository on the Hugging Face Hub, `org/name`.
        progress: whether to show a progress bar, or what to call with the progress.

    Raises:
        InputError: an entry is not on the board, the board has other questions than the benchmark,
            or its submissions changed after verification.
        OutputError: a file can't be written.
    """
    target = check_path("out", out)
    check_text("organization", organization)
    opened = opened_board(board)
    bench = load_argument(benchmark)
    if bench.revision != opened.revision:
        raise InputError(
            f"The board was verified with a different revision ({opened.revision[:12]}) from this "
            f"benchmark's ({bench.revision[:12]}).",
            "Set `benchmark` to the one that the submissions were verified with.",
        )
    chosen = {entry.name: entry for entry in chosen_entries(opened, entries)}
    asked = {question.id: question for question in questions_of(bench, "all", twins=True)}
    export = _Export(
        board=opened,
        benchmark=bench,
        questions=asked,
        out=target,
        samples=samples,
        with_questions=questions,
        organization=organization,
        dataset=dataset,
    )
    written = []
    with progress_reporter(progress) as report:
        report(_STEP, 0, len(chosen))
        for name, values in values_by_entry(opened.question_scores()):
            if name in chosen:
                check_questions(opened.folder, values["question_id"], asked)
                written.append(export.write(chosen[name], values))
                report(_STEP, len(written), len(chosen))
    return written


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    """What all records of one export share."""

    board: Board
    benchmark: Benchmark
    questions: Mapping[str, Question]
    out: Path
    samples: bool
    with_questions: bool
    organization: str
    dataset: str | None

    def write(self, entry: Entry, values: Mapping[str, Sequence[Any]]) -> Path:
        """Write an entry's samples, then its record, which has their hash; return its path."""
        identity = identify(entry, dataset=self.board.dataset, revision=self.board.revision)
        record = aggregate(
            entry,
            identity,
            board=self.board,
            organization=self.organization,
            hub_dataset=self.dataset,
            values=values,
        )
        path = self.out / identity.record
        make_folder(path.parent)
        if self.samples:
            writer = SampleWriter(
                identity=identity,
                dataset=self.board.dataset,
                questions=self.questions,
                with_questions=self.with_questions,
            )
            answers = answers_of(entry, self.board.folder / entry.name, self.benchmark)
            rows = writer.rows(scored_metrics(entry), values, answers)
            total, checksum = _write_rows(self.out / identity.samples, rows)
            record["detailed_evaluation_results"] = {
                "format": "jsonl",
                "file_path": identity.samples,
                "hash_algorithm": "sha256",
                "checksum": checksum,
                "total_rows": total,
            }
        write_json(path, record)
        return path


def _write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> tuple[int, str]:
    """Write rows one at a time, and return their number and the file's SHA-256."""
    total, digest = 0, hashlib.sha256()
    with new_file(path) as unfinished, unfinished.open("wb") as stream:
        for row in rows:
            line = (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "replace")
            stream.write(line)
            digest.update(line)
            total += 1
    return total, digest.hexdigest()

"""Reads an entry that is a published file of answers, with its source.

<system>__<answerer>/<date>/
    source.yaml    where the file is from, written by whoever adds it to the board
    answers.json   the file as it was published (or answers.jsonl, or either with .gz)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import scored_questions
from locomo_vqa.errors import InputError
from locomo_vqa.files import some
from locomo_vqa.published_files import PublishedAnswers, ReportedVerdicts, read_published_answers
from locomo_vqa.runs import Prediction, SplitChoice
from locomo_vqa.text import counted, escape_unprintable

from .plain_files import ANSWERS, LIMITS, SOURCE, open_plain, read_plain
from .plain_yaml import parse_plain_yaml

__all__ = ["Published", "read_published", "read_source", "source_metadata"]

_REMEDY = "Add the file as it was published, as described in docs/formats.md."
_MOST_NOTES = 20
_UNKNOWN_JUDGE = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published file of answers, joined with the board's questions."""

    metadata: Mapping[str, Any]
    """What metadata.yaml would say, where it is known."""
    source: Mapping[str, Any]
    """`title`, `url`, `date` and `sha256` of the file, and the `judge` of its verdicts."""
    split: SplitChoice
    """The questions that the file is scored on."""
    predictions: tuple[Prediction, ...]
    """At most one per question, in the benchmark's order."""
    extra: int
    """The number of rows that belong to no question, or to one that already has a row."""
    reported: ReportedVerdicts | None
    """The verdicts that the file carries; None if it carries none."""
    notes: tuple[str, ...]
    """How the file was read, and what it lacks, one sentence each."""


def read_published(folder: Path, benchmark: Benchmark) -> Published:
    """Read a published file and its source, in bounded memory.

    Raises:
        InputError: a file is missing, can't be read or used, or answers none of the questions;
            the message has no path of this machine.
    """
    source = read_source(folder)
    _refuse_a_run(folder)
    path = _answers_in(folder)
    with open_plain(path):
        pass  # It is a regular file of a permitted size, and not a link.
    try:
        answers = read_published_answers(path, benchmark)
    except InputError as error:
        raise InputError(_without(folder, error.message), _REMEDY) from None
    reported = _with_judge(answers.reported, source.get("judge"))
    split: SplitChoice = source.get("split") or "all"
    return Published(
        metadata=source_metadata(source),
        source={
            **{name: source[name] for name in ("title", "url", "date")},
            "sha256": answers.sha256,
            "judge": reported and (reported.judge or _UNKNOWN_JUDGE),
        },
        split=split,
        predictions=answers.predictions,
        extra=answers.extra,
        reported=reported,
        notes=tuple(_notes(answers, reported, source, split, benchmark))[:_MOST_NOTES],
    )


def read_source(folder: Path) -> dict[str, Any]:
    """Read an entry's source.yaml.

    Raises:
        InputError: it can't be read, is not plain YAML, or does not match its schema.
    """
    text = read_plain(folder / SOURCE)
    source: dict[str, Any] = parse_plain_yaml(text, path=Path(SOURCE), schema="source")
    try:
        date.fromisoformat(source["date"] or "2000-01-01")
    except ValueError:
        raise InputError(f"{SOURCE}: date: {source['date']} is not a day.", _REMEDY) from None
    return source


def source_metadata(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a published file's system in the form of a metadata.yaml."""
    return {
        "system": {
            "name": source["system"],
            "version": source.get("version"),
            "url": source["url"],
        },
        "answerer": {"model": source["answerer"]},
        "image_handling": source.get("images"),
        "submission_type": "custom",
        "contact": None,
        "disclosure": {"trained_on_locomo": source.get("trained_on_locomo")},
    }


def _refuse_a_run(folder: Path) -> None:
    """Refuse a folder that is a run as well: a run must not become a file without a record.

    Raises:
        InputError: it has a file of a run.
    """
    there = [name for name in LIMITS if os.path.lexists(folder / name)]
    if there:
        raise InputError(
            f"The folder is a run and a published file: it has {SOURCE} and {some(there)}.",
            "Put the published file into a folder of its own.",
        )


def _answers_in(folder: Path) -> Path:
    there = [name for name in ANSWERS if (folder / name).is_symlink() or (folder / name).exists()]
    if not there:
        raise InputError(f"{ANSWERS[0]}: is missing.", _REMEDY)
    if len(there) > 1:
        raise InputError(f"There are several files of answers: {some(there, most=4)}.", _REMEDY)
    return folder / there[0]


def _with_judge(reported: ReportedVerdicts | None, judge: str | None) -> ReportedVerdicts | None:
    """Return the verdicts with the judge that source.yaml names, if the file names none."""
    if reported is None or reported.judge is not None or judge is None:
        return reported
    return replace(reported, judge=judge)


def _notes(
    answers: PublishedAnswers,
    reported: ReportedVerdicts | None,
    source: Mapping[str, Any],
    split: SplitChoice,
    benchmark: Benchmark,
) -> Iterator[str]:
    given = {each.question_id for each in answers.predictions}
    asked = [question.id for question in scored_questions(benchmark, split)]
    text = [name for name in asked if "/t/" in name]
    missing = [name for name in text if name not in given]
    if missing:
        yield (
            f"The file answers {len(text) - len(missing):,} of {len(text):,} text questions; "
            "the others count as wrong."
        )
    if answers.extra:
        yield f"{counted(answers.extra, 'row')} of the file belong to no question, or to one twice."
    for note in answers.notes:
        yield escape_unprintable(note)
    if reported is None:
        return
    yield _judge_note(reported, answers, source)
    if reported.without:
        yield f"The file has no verdict on {counted(len(reported.without), 'answer')}."
    for note in reported.notes:
        yield escape_unprintable(note)


def _judge_note(
    reported: ReportedVerdicts, answers: PublishedAnswers, source: Mapping[str, Any]
) -> str:
    assert answers.reported is not None
    in_file, in_source = answers.reported.judge, source.get("judge")
    key = escape_unprintable(reported.key)
    said = f"Reported J is not J: it counts the verdicts that the file carries under '{key}'"
    if in_file and in_source and in_file != in_source:
        return (
            f"{said}; the file names {escape_unprintable(in_file)} as the judge, and {SOURCE} "
            f"{escape_unprintable(in_source)}."
        )
    if reported.judge is None:
        return f"{said}; neither the file nor {SOURCE} says who judged."
    by = "the file" if in_file else SOURCE
    return f"{said}; {by} names {escape_unprintable(reported.judge)} as the judge."


def _without(folder: Path, message: str) -> str:
    """Return a message with names in place of paths, so that a board is the same everywhere."""
    return message.replace(f"{folder}/", "").replace(str(folder), "The folder")

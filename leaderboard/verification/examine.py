"""Examines the files of one entry: what is wrong with them, and what is unusual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.errors import InputError
from locomo_vqa.files import parse_json
from locomo_vqa.run_notes import record_note, recording_notes
from locomo_vqa.run_seal import is_unchanged
from locomo_vqa.runs import FAILED, Prediction, SplitChoice, count_states, visual_handling
from locomo_vqa.schemas import validate
from locomo_vqa.text import escape_unprintable

from ..entry_files.folder import (
    METADATA,
    PREDICTIONS,
    RUN,
    EntryFolder,
    fingerprint,
    ignored_note,
    read_plain,
)
from ..entry_files.folder_names import entry_folder_name
from ..entry_files.metadata import parse_metadata
from ..entry_files.names import is_in_the_future, name_notes, name_problems
from ..entry_files.rows import Rows, read_rows

__all__ = ["Findings", "examine_entry", "read_run_file"]

_MOST_NOTES = 10


@dataclass(slots=True, kw_only=True)
class Findings:
    """The findings about an entry so far."""

    problems: list[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, Any] | None = None
    run: dict[str, Any] | None = None
    predictions: tuple[Prediction, ...] = ()

    @property
    def split(self) -> SplitChoice | None:
        return self.run["dataset"]["split"] if self.run else None


@contextmanager
def _collect_problems(problems: list[str]) -> Iterator[None]:
    """Add an error about an entry to its problems."""
    try:
        yield
    except InputError as error:
        problems.append(error.message)


def examine_entry(found: EntryFolder, benchmark: Benchmark, findings: Findings) -> None:
    """Add what an entry's files show to `findings`."""
    if found.problem is not None:
        findings.problems.append(found.problem)
        return
    prints = fingerprint(found.path)
    findings.files, findings.notes = prints.files, ignored_note(prints.ignored)
    problems = findings.problems
    problems.extend(prints.problems)
    if METADATA in findings.files:
        with _collect_problems(problems):
            text = read_plain(found.path / METADATA)
            findings.metadata = parse_metadata(text, path=Path(METADATA))
            problems.extend(f"{METADATA}: {each}" for each in name_problems(findings.metadata))
    if RUN in findings.files:
        with _collect_problems(problems):
            findings.run = read_run_file(found.path)
    if findings.run is not None:
        problems.extend(_find_contradictions(findings))
        findings.notes = (*findings.notes, *_find_notes(found, findings))
        if findings.run["dataset"]["revision"] != benchmark.revision:
            problems.append(
                f"{RUN}: the run used another revision of the data set than this board "
                f"({findings.run['dataset']['revision'][:12]}, not {benchmark.revision[:12]})."
            )
        elif PREDICTIONS in findings.files:
            with _collect_problems(problems):
                _examine_rows(found.path, benchmark, findings)


def read_run_file(entry: Path) -> dict[str, Any]:
    """Read an entry's run.json.

    Raises:
        InputError: it can't be read, or does not match its schema.
    """
    path = Path(RUN)
    run: dict[str, Any] = parse_json(read_plain(entry / RUN), path=path, what="the run's manifest")
    validate(run, "run", path=path, remedy="Submit the run again.")
    return run


def _find_contradictions(findings: Findings) -> Iterator[str]:
    run, metadata = findings.run, findings.metadata
    assert run is not None
    if PREDICTIONS in findings.files and (
        run["files"].get(PREDICTIONS) != findings.files[PREDICTIONS]
    ):
        yield f"{PREDICTIONS}: was changed after the run: its hash does not match {RUN}."
    if not is_unchanged(run):
        yield f"{RUN}: was changed after the run: its seal does not match."
    if metadata is None:
        return
    pairs = {
        "image_handling": (metadata["image_handling"], run["image_handling"]),
        "visual_handling": (visual_handling(metadata), visual_handling(run)),
    }
    for name in ("model", "provider", "temperature", "prompt_sha256"):
        pairs[f"answerer.{name}"] = (metadata["answerer"].get(name), run["answerer"][name])
    for name, (submitted, recorded) in pairs.items():
        if submitted != recorded:
            yield f"{METADATA}: {name} is {submitted!r}, but {RUN} says {recorded!r}."


def _find_notes(found: EntryFolder, findings: Findings) -> Iterator[str]:
    day = found.path.name
    if is_in_the_future(date.fromisoformat(day)):
        yield f"The date {day} is in the future."
    if findings.metadata is None or findings.run is None:
        return
    yield from name_notes(findings.metadata, findings.run)
    for note in recording_notes(findings.run)[:_MOST_NOTES]:
        yield escape_unprintable(note)
    if (unknown := record_note(findings.run)) is not None:
        yield unknown
    metadata = findings.metadata
    expected = entry_folder_name(metadata["system"]["name"], metadata["answerer"]["model"])
    if found.path.parent.name != expected:
        yield f"The folder's name is not that of the system and its answerer, {expected}."


def _examine_rows(entry: Path, benchmark: Benchmark, findings: Findings) -> None:
    assert findings.run is not None and findings.split is not None
    rows = read_rows(entry, _question_ids(benchmark, findings.split))
    findings.predictions = rows.predictions
    findings.problems.extend(rows.problems)
    if not rows.problems:
        findings.problems.extend(_count_problems(findings.run["counts"], rows))


def _question_ids(benchmark: Benchmark, split: SplitChoice) -> dict[str, None]:
    return {question.id: None for question in questions_of(benchmark, split)}


def _count_problems(counts: Mapping[str, int] | None, rows: Rows) -> Iterator[str]:
    if counts is None:
        yield f"{RUN}: has no counts: the run is not finished."
        return
    states = count_states(rows.predictions)
    found = {
        "total": rows.total,
        "answered": states.get("ok", 0),
        "failed": sum(states.get(state, 0) for state in FAILED),
    }
    for name, number in found.items():
        if counts[name] != number:
            yield f"{RUN}: counts {counts[name]:,} {name}, but the file has {number:,}."

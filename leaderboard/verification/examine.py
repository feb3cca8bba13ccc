"""Examines the files of one entry: what is wrong with them, and what is unusual."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import questions_of
from locomo_vqa.benchmark.twins import TWINS_VERSION
from locomo_vqa.files import parse_json
from locomo_vqa.run_notes import embedder_of
from locomo_vqa.run_seal import is_unchanged
from locomo_vqa.runs import (
    FAILED,
    Prediction,
    SplitChoice,
    asked_twins,
    count_states,
    visual_handling,
)
from locomo_vqa.schemas import validate

from ..entry_files.folder import EntryFolder, fingerprint, ignored_note, is_published
from ..entry_files.folder_names import entry_folder_name
from ..entry_files.metadata import parse_metadata
from ..entry_files.names import name_notes, name_problems
from ..entry_files.plain_files import METADATA, PREDICTIONS, RUN, read_plain
from ..entry_files.published import Published
from ..entry_files.rows import Rows, read_rows
from .checklist import Checklist
from .checks.copies import AnswerVector
from .checks.record import check_record
from .checks.training import check_training
from .published import examine_published

__all__ = ["Findings", "examine_entry", "read_run_file"]


@dataclass(slots=True, kw_only=True)
class Findings:
    """The findings about an entry so far."""

    checks: Checklist = field(default_factory=Checklist)
    files: dict[str, str] = field(default_factory=dict)
    metadata: Mapping[str, Any] | None = None
    run: dict[str, Any] | None = None
    predictions: tuple[Prediction, ...] = ()
    published: Published | None = None
    answers: AnswerVector | None = None
    unranked: str | None = None

    @property
    def split(self) -> SplitChoice | None:
        if self.published is not None:
            return self.published.split
        return self.run["dataset"]["split"] if self.run else None


def examine_entry(found: EntryFolder, benchmark: Benchmark, findings: Findings) -> None:
    """Add what an entry's files show to `findings`."""
    checks = findings.checks
    if found.problem is not None:
        checks.failed("files", found.problem)
        return
    prints = fingerprint(found.path)
    findings.files = prints.files
    if is_published(found.path):
        findings.published = examine_published(found.path, prints, benchmark, checks)
        if findings.published is not None:
            findings.metadata = findings.published.metadata
            findings.predictions = findings.published.predictions
        return
    checks.flagged("files", *ignored_note(prints.ignored))
    checks.failed("files", *prints.problems)
    checks.passed("files")
    if METADATA in findings.files:
        with checks.collecting("formats"):
            text = read_plain(found.path / METADATA)
            findings.metadata = parse_metadata(text, path=Path(METADATA))
            checks.failed(
                "names", *(f"{METADATA}: {each}" for each in name_problems(findings.metadata))
            )
    if RUN in findings.files:
        with checks.collecting("formats"):
            findings.run = read_run_file(found.path)
            checks.passed("formats")
    if findings.run is not None:
        _examine_run(found, findings.run, benchmark, findings)


def _examine_run(
    found: EntryFolder, run: Mapping[str, Any], benchmark: Benchmark, findings: Findings
) -> None:
    checks = findings.checks
    _check_hashes(run, findings)
    if findings.metadata is not None:
        checks.failed("statements", *_contradictions(run, findings.metadata))
        checks.passed("statements")
        check_training(checks, findings.metadata)
    _check_names(found, findings)
    check_record(checks, run)
    if run["dataset"]["revision"] != benchmark.revision:
        checks.failed(
            "revision",
            f"{RUN}: the run used another revision of the data set than this board "
            f"({run['dataset']['revision'][:12]}, not {benchmark.revision[:12]}).",
        )
        return
    checks.passed("revision", f"{benchmark.name}, revision {benchmark.revision[:12]}")
    if PREDICTIONS in findings.files:
        with checks.collecting("formats"):
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


def _check_hashes(run: Mapping[str, Any], findings: Findings) -> None:
    checks = findings.checks
    if PREDICTIONS in findings.files and (
        run["files"].get(PREDICTIONS) != findings.files[PREDICTIONS]
    ):
        checks.failed(
            "hashes",
            f"{PREDICTIONS}: was changed after the run: its hash does not match {RUN}.",
        )
    if not is_unchanged(run):
        checks.failed("hashes", f"{RUN}: was changed after the run: its seal does not match.")
    sealed = "" if "seal" in run else f"{RUN} has no seal: an earlier version wrote it."
    checks.passed("hashes", sealed)


def _contradictions(run: Mapping[str, Any], metadata: Mapping[str, Any]) -> Iterator[str]:
    pairs = {
        "image_handling": (metadata["image_handling"], run["image_handling"]),
        "visual_handling": (visual_handling(metadata), visual_handling(run)),
    }
    for name in ("model", "provider", "temperature", "prompt_sha256"):
        pairs[f"answerer.{name}"] = (metadata["answerer"].get(name), run["answerer"][name])
    if "embedder" in metadata:
        pairs["embedder"] = (metadata["embedder"], embedder_of(run))
    for name, (submitted, recorded) in pairs.items():
        if submitted != recorded:
            yield f"{METADATA}: {name} is {submitted!r}, but {RUN} says {recorded!r}."


def _check_names(found: EntryFolder, findings: Findings) -> None:
    checks, metadata = findings.checks, findings.metadata
    if metadata is None or findings.run is None:
        return
    checks.flagged("names", *name_notes(metadata, findings.run))
    expected = entry_folder_name(metadata["system"]["name"], metadata["answerer"]["model"])
    if found.path.parent.name != expected:
        checks.flagged(
            "names", f"The folder's name is not that of the system and its answerer, {expected}."
        )
    checks.passed("names")


def _examine_rows(entry: Path, benchmark: Benchmark, findings: Findings) -> None:
    assert findings.run is not None and findings.split is not None
    checks = findings.checks
    twins = asked_twins(findings.run)
    if twins and findings.run["twins"] != TWINS_VERSION:
        checks.failed("rows", f"{RUN}: was asked other visual twins than this version has.")
        return
    expected = questions_of(benchmark, findings.split, twins=twins)
    rows = read_rows(entry, {question.id: None for question in expected})
    findings.predictions = rows.predictions
    checks.failed("rows", *rows.problems)
    if not rows.problems:
        checks.failed("rows", *_count_problems(findings.run, rows))
        checks.passed("rows", f"{rows.total:,} rows of the split {findings.split}.")


def _count_problems(run: Mapping[str, Any], rows: Rows) -> Iterator[str]:
    if (limit := run.get("limit")) is not None:
        yield f"{RUN}: is a trial: at most {limit:,} of each conversation's questions were asked."
    counts = run["counts"]
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

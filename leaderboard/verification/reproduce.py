"""Produces an entry's answers again from the bundle of its run, in the sandbox."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa._version import __version__
from locomo_vqa.arguments import check_path
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file, some
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.runs import answers_sha256
from locomo_vqa.wings import load_by_name

from ..entry_files.folder import find_entries
from ..entry_files.reproduction import write_reproduction
from ..history.days import today
from .examine import Findings, examine_entry

__all__ = ["Reproduction", "reproduce"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """What repeating an entry's run showed."""

    questions: int
    """The number of questions of the bundle's run."""
    different: tuple[str, ...]
    """The questions to which the repeated run answers something else than the bundle's."""
    of_entry: bool
    """Whether the answers of the repeated run are the entry's."""
    record: Path | None
    """The record that was written; None if an answer differs."""


@checked
def reproduce(
    folder: str | os.PathLike[str],
    entry: str,
    *,
    bundle: str | os.PathLike[str],
    benchmark: Benchmark | str | os.PathLike[str],
    python: str | os.PathLike[str] | None = None,
    env: Sequence[str] = (),
    progress: bool | ProgressCallback = True,
) -> Reproduction:
    """Repeat the run of an entry from its recorded replies, and record that the answers are equal.

    This runs the code in the bundle, which is the submitter's, always in the sandbox. If every
    answer is the entry's, a record is written beside its folder, and `verify` gives it the badge
    `reproduced`. An earlier record of the same answers is kept.

    Args:
        folder: the folder of submissions.
        entry: the name of the entry.
        bundle: the file that `submit` wrote for its run.
        benchmark: what the run was made on.
        python: as for `replay`.
        env: as for `replay`.
        progress: as for `replay`.

    Raises:
        InputError: there is no such entry, it would be rejected, or the bundle can't be used.
        MissingResource: the sandbox is not on this machine.
        OutputError: the record can't be written.
    """
    path = check_path("folder", folder)
    file = check_path("bundle", bundle).absolute()
    loaded = load_argument(benchmark)
    found = {each.name: each for each in find_entries(path)}
    if entry not in found:
        raise InputError(
            f"`entry`: {entry!r} is not a submission in {path}.",
            f"Name one of these: {some(sorted(found))}.",
        )
    findings = Findings()
    examine_entry(found[entry], loaded, findings)
    for problem in findings.checks.problems[:1]:
        raise InputError(f"{entry} would be rejected: {problem}", "Choose another `entry`.")
    digest = sha256_file(file) if file.is_file() else ""
    replay = load_by_name("locomo_vqa.evaluators.running.replay:replay")
    report = replay(file, benchmark=loaded, python=python, env=env, sandbox=True, progress=progress)
    same = report.answers_sha256 == answers_sha256(findings.predictions)
    record = None
    if same and report.same:
        new = _record(entry, report.questions, report.answers_sha256, digest)
        record = write_reproduction(found[entry].path, new)
    return Reproduction(
        questions=report.questions, different=report.different, of_entry=same, record=record
    )


def _record(entry: str, questions: int, answers: str, bundle: str) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "kind": "reproduction",
        "entry": entry,
        "date": today().isoformat(),
        "answers_sha256": answers,
        "questions": questions,
        "bundle_sha256": bundle,
        "sandbox": "bubblewrap",
        "versions": {"locomo-vqa": __version__},
    }

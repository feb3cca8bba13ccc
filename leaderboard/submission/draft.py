"""A complete, checked submission in a temporary folder, before it is sent anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path
from typing import Any

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.errors import InputError
from locomo_vqa.files import link_or_copy, sha256_file, write_text
from locomo_vqa.run_notes import embedder_of
from locomo_vqa.runs import Run, visual_handling

from ..entry_files.folder import find_entries
from ..entry_files.folder_names import entry_folder_name
from ..entry_files.metadata import parse_metadata
from ..entry_files.plain_files import (
    CERTIFICATE,
    METADATA,
    PREDICTIONS,
    RUN,
    open_plain,
    read_plain,
)
from ..entry_files.rows import check_rows
from ..scratch import scratch_folder
from ..verification.checks.certificate import check_certificate
from ..verification.examine import Findings, examine_entry
from .leaks import check_nothing_leaks
from .public_certificate import write_public_certificate
from .public_copy import public_record, write_public_copy

__all__ = [
    "FILES",
    "Draft",
    "check_against",
    "is_same_submission",
    "make_metadata",
    "written_draft",
]

FILES = (METADATA, PREDICTIONS, RUN, CERTIFICATE)
"""The files that a submission may have; only the last may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A submission that can be sent."""

    folder: Path
    """The temporary folder with its files."""
    system_folder: str
    """`<system>__<answerer>`."""
    day: Date
    """Its date."""
    any_day: bool
    """Whether the same submission with an earlier date is this one."""
    metadata: Mapping[str, Any]
    """The content of its metadata.yaml."""

    @property
    def name(self) -> str:
        """`<system>__<answerer>/<date>`."""
        return f"{self.system_folder}/{self.day.isoformat()}"

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return tuple(name for name in FILES if (self.folder / name).exists())

    def sizes(self) -> dict[str, int]:
        """Return the size of each file in bytes."""
        return {name: (self.folder / name).stat().st_size for name in self.files}


@contextmanager
def written_draft(
    run: Run,
    metadata: Mapping[str, Any],
    *,
    day: Date,
    any_day: bool,
    ablation: Path | None = None,
) -> Iterator[Draft]:
    """Yield the submission of a run, after the checks that the board makes without a benchmark.

    `ablation` is the folder of an ablation whose certificate it has.

    Raises:
        InputError: the board would reject it, or it has something that must not be published.
    """
    with scratch_folder("submission") as folder:
        write_text(folder / METADATA, _to_yaml(metadata))
        write_public_copy(run.folder, folder)
        if ablation is not None:
            write_public_certificate(ablation, folder)
        _check_acceptable(folder, run.folder)
        check_nothing_leaks(folder)
        yield Draft(
            folder=folder,
            system_folder=entry_folder_name(
                metadata["system"]["name"], metadata["answerer"]["model"]
            ),
            day=day,
            any_day=any_day,
            metadata=metadata,
        )


def make_metadata(
    run: Run, *, name: str | None, url: str | None, commit: str | None
) -> dict[str, Any]:
    """Return what the run recorded, with what the submitter stated about the system."""
    recorded = run.info["system"]
    return {
        "system": {
            "name": public_record(recorded["name"]) if name is None else name,
            "version": recorded["version"],
            "url": url,
            "commit": commit,
        },
        "answerer": public_record(dict(run.info["answerer"])),
        **_embedder(run.info),
        "image_handling": run.info["image_handling"],
        "visual_handling": visual_handling(run.info),
    }


def _embedder(info: Mapping[str, Any]) -> dict[str, Any]:
    found = embedder_of(info)
    return {} if found is None else {"embedder": public_record(dict(found))}


def is_same_submission(draft: Draft, entry: Path) -> bool:
    """Return whether a folder has the files of a draft, byte for byte."""
    if (CERTIFICATE in draft.files) != os.path.lexists(entry / CERTIFICATE):
        return False
    for name in draft.files:
        try:
            with open_plain(entry / name):
                same = sha256_file(entry / name) == sha256_file(draft.folder / name)
        except (OSError, InputError):
            return False
        if not same:
            return False
    return True


def check_against(draft: Draft, benchmark: Benchmark) -> None:
    """Check a draft as the board of a benchmark does, but for what needs scores.

    Raises:
        InputError: the board would reject it.
    """
    with scratch_folder("check") as scratch:
        folder = scratch / draft.name
        folder.mkdir(parents=True)
        for file in draft.files:
            link_or_copy(draft.folder / file, folder / file)
        (found,) = find_entries(scratch)
        findings = Findings()
        examine_entry(found, benchmark, findings)
        if CERTIFICATE in draft.files and not findings.checks.problems:
            check_certificate(findings.checks, found, findings.run, benchmark)
    _check_tested(findings)
    if findings.checks.problems:
        raise InputError(
            f"The board of this benchmark would reject the run: {findings.checks.problems[0]}",
            "Run the system on this benchmark's revision again, or correct what it returns.",
        )


def _check_tested(findings: Findings) -> None:
    for check in findings.checks.results:
        if check.name == "certificate" and check.state == "flagged":
            raise InputError(
                f"`ablation`: the board of this benchmark can't use the certificate: {check.text}",
                "Run `ablate` on this benchmark's revision again, in a new folder.",
            )


def _check_acceptable(submission: Path, source: Path) -> None:
    """Read a submission as the board will, and raise if it would be rejected."""
    try:
        parse_metadata(read_plain(submission / METADATA), path=Path(METADATA))
        read_plain(submission / RUN)
        check_rows(submission)
    except InputError as error:
        raise InputError(
            f"{source}: the board would reject this run: {error.message}",
            "Correct what the system returns, and run it again.",
        ) from None


def _to_yaml(content: Mapping[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
    return text

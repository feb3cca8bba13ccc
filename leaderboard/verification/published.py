"""Examines an entry that is a published file of answers: what is known of it, and what is not."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.files import some
from locomo_vqa.text import counted

from ..entry_files.folder import Fingerprint
from ..entry_files.folder_names import entry_folder_name
from ..entry_files.names import name_problems
from ..entry_files.plain_files import SOURCE
from ..entry_files.published import Published, read_published
from .checklist import Checklist, CheckName
from .checks.training import check_training

__all__ = ["examine_published"]

_NO_RECORD = "A published file has no record of what produced it."
_BY_WORDS = "The file doesn't name a revision; its rows were matched with the board's questions."
_WITHOUT_RECORD: tuple[CheckName, ...] = ("statements", "record", "attempts", "requests", "models")


def examine_published(
    folder: Path, prints: Fingerprint, benchmark: Benchmark, checks: Checklist
) -> Published | None:
    """Return what a published file contains, or None if it can't be used; the checks say why."""
    if prints.ignored:
        checks.flagged(
            "files",
            f"Ignored, because only {SOURCE} and the answers count: {some(prints.ignored)}.",
        )
    checks.failed("files", *prints.problems)
    checks.passed("files")
    if prints.problems:
        return None
    published = None
    with checks.collecting("formats"):
        published = read_published(folder, benchmark)
        checks.passed("formats")
    if published is None:
        return None
    if published.source["sha256"] not in prints.files.values():
        checks.failed("hashes", "The file of answers changed while it was read.")
    checks.passed("hashes", f"SHA-256 of the file: {published.source['sha256'][:12]}…")
    for name in _WITHOUT_RECORD:
        checks.not_done(name, _NO_RECORD)
    checks.not_done("revision", _BY_WORDS)
    checks.flagged("rows", *published.notes)
    checks.passed("rows", f"{counted(len(published.predictions), 'question')} answered.")
    _check_names(folder, published, checks)
    check_training(checks, published.metadata)
    return published


def _check_names(folder: Path, published: Published, checks: Checklist) -> None:
    metadata = published.metadata
    checks.failed("names", *(f"{SOURCE}: {each}" for each in name_problems(metadata)))
    expected = entry_folder_name(metadata["system"]["name"], metadata["answerer"]["model"])
    if folder.parent.name != expected:
        checks.flagged(
            "names", f"The folder's name is not that of the system and its answerer, {expected}."
        )
    checks.passed("names")

"""A finished run becomes a submission: a folder that a leaderboard can verify."""

from __future__ import annotations

import contextlib
import re
import shutil
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path
from typing import Any, Literal

from locomo_vqa.errors import InputError
from locomo_vqa.files import new_folder, sha256_text, write_text
from locomo_vqa.runs import Run, read_run, visual_handling
from locomo_vqa.schemas import validate

from .entries import METADATA, PREDICTIONS, RUN

__all__ = ["SubmissionMetadata", "folder_name", "submit"]

_MOST_CHARACTERS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionMetadata:
    """What a submitter says of a submission beyond what the run recorded."""

    contact: str | None = None
    """How to reach the submitter: an e-mail address, or an account."""
    trained_on_locomo: bool | None = None
    """Whether any part of the system was trained or tuned on LoCoMo; None: not said."""
    submission_type: Literal["standard", "custom"] = "standard"
    """`custom` if the run differs from the benchmark's own way of asking."""
    name: str | None = None
    """The system's name on the board; None for the one in run.json."""
    url: str | None = None
    """Where the system is described."""
    commit: str | None = None
    """The revision of its source."""


def submit(run_folder: Path, to: Path, *, metadata: SubmissionMetadata, date: Date) -> Path:
    """Write a run as `<to>/<system>__<answerer>/<date>/` and return that folder.

    It has what was answered and what was run, and no scores: those are computed by the board.

    Raises:
        InputError: the run can't be used, is incomplete, or the metadata does not fit.
        OutputError: there is such a submission already, or it can't be written.
    """
    run = read_run(run_folder)
    _check_complete(run)
    content = _metadata(run, metadata)
    names = (content["system"]["name"], content["answerer"]["model"] or "none")
    target = to / "__".join(folder_name(name) for name in names) / date.isoformat()
    remedy = "Choose another --date or --name; a submission is never replaced."
    with (
        _without_leftovers(target.parent),
        new_folder(target, what="the submission", remedy=remedy) as out,
    ):
        write_text(out / METADATA, _yaml(content))
        for name in (PREDICTIONS, RUN):
            shutil.copyfile(run_folder / name, out / name)
    return target


@contextlib.contextmanager
def _without_leftovers(folder: Path) -> Iterator[None]:
    """Remove the folder, and those above it, that a block made before it failed."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def folder_name(text: str) -> str:
    """Return a name as a safe part of a folder's name.

    Only ASCII letters, digits, '.', '_' and '-' remain, with a letter or digit first, never two
    underscores, and at most 60 characters. A text with nothing of these gives part of its hash.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_text)
    safe = re.sub(r"_{2,}", "_", safe).strip("._-")[:_MOST_CHARACTERS].rstrip("._-")
    return safe or f"x{sha256_text(text)[:8]}"


def _check_complete(run: Run) -> None:
    limit = run.info.get("limit")
    if limit is not None:
        raise InputError(
            f"{run.folder}: is a trial: only the first {limit:,} questions of each conversation "
            "were asked.",
            "Run the system without --limit, in another --out.",
        )
    counts, rows = run.info["counts"], len(run.predictions)
    if counts is not None and rows >= counts["total"]:
        return
    missing = "" if counts is None else f": {counts['total'] - rows:,} questions have no row"
    raise InputError(
        f"{run.folder}: the run is incomplete{missing}.",
        "Give the same `locomo-vqa run` command again; it goes on where it stopped.",
    )


def _metadata(run: Run, submitter: SubmissionMetadata) -> dict[str, Any]:
    content: dict[str, Any] = {
        "system": {
            "name": run.info["system"]["name"] if submitter.name is None else submitter.name,
            "version": run.info["system"]["version"],
            "url": submitter.url,
            "commit": submitter.commit,
        },
        "answerer": dict(run.info["answerer"]),
        "image_handling": run.info["image_handling"],
        "visual_handling": visual_handling(run.info),
        "submission_type": submitter.submission_type,
        "contact": submitter.contact,
        "disclosure": {"trained_on_locomo": submitter.trained_on_locomo},
    }
    remedy = "Correct the option of that name, such as --name or --contact."
    validate(content, "metadata", path=Path(METADATA), remedy=remedy)
    return content


def _yaml(content: dict[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return text

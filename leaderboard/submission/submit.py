"""Turns a finished run into a submission: a folder that a leaderboard can verify."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from locomo_vqa.arguments import check_path
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import new_folder, sha256_file, write_text
from locomo_vqa.html_table import html_table
from locomo_vqa.local_paths import public_name, public_value
from locomo_vqa.runs import Run, read_run, visual_handling
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted

from ..entry_files.folder import METADATA, PREDICTIONS, RUN, read_plain
from ..entry_files.folder_names import entry_folder_name
from ..entry_files.metadata import parse_metadata
from ..entry_files.names import is_in_the_future, name_problems
from ..entry_files.rows import check_rows
from .bundle import write_bundle
from .public_copy import public_hash, write_public_copy

__all__ = ["Submission", "submit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(os.PathLike[str]):
    """A submission on disk: the answers and the description of the run, without scores."""

    folder: Path
    """Its folder, `<to>/<system>__<answerer>/<date>`."""
    metadata: Mapping[str, Any]
    """The content of its metadata.yaml."""

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"<Submission of {self.metadata['system']['name']} in {str(self.folder)!r}>"

    def _repr_html_(self) -> str:
        metadata = self.metadata
        trained = metadata["disclosure"]["trained_on_locomo"]
        rows = [
            ("folder", str(self.folder)),
            ("system", metadata["system"]["name"]),
            ("version", metadata["system"]["version"]),
            ("answerer", metadata["answerer"]["model"]),
            ("images", f"{metadata['image_handling']}, {metadata['visual_handling']}"),
            ("type", metadata["submission_type"]),
            ("contact", metadata["contact"]),
            ("trained on LoCoMo", None if trained is None else "yes" if trained else "no"),
        ]
        return html_table(("", "submission"), rows)


@checked
def submit(
    run: Run | str | os.PathLike[str],
    *,
    to: str | os.PathLike[str],
    name: str | None = None,
    contact: str | None = None,
    url: str | None = None,
    commit: str | None = None,
    trained_on_locomo: bool | None = None,
    custom: bool = False,
    date: Date | None = None,
    bundle: str | os.PathLike[str] | None = None,
) -> Submission:
    """Write a finished run as the submission `<to>/<system>__<answerer>/<date>`.

    It has the answers and what was run, but no scores: the board computes those. Called again with
    the same run and arguments, it returns the existing submission.

    Args:
        run: what `locomo_vqa.run` returned, or a run folder.
        to: the folder of submissions; it is created if it does not exist.
        name: the system's name on the board; None for the system's own name.
        contact: how to contact you: an email address or an account.
        url: a description of the system.
        commit: the revision of the system's source.
        trained_on_locomo: whether any part of it was trained or tuned on LoCoMo; None if you
            don't say.
        custom: whether the run differs from the benchmark's own way of asking.
        date: the date of the submission; None for today.
        bundle: also write this zip file, with which `replay` repeats the run from its recorded
            replies.

    Raises:
        InputError: an argument is wrong, or the run is incomplete or can't be used.
        OutputError: another submission has that name and date, or it can't be written.
    """
    source = check_path(
        "run", run.folder if isinstance(run, Run) else run, allowed="a path or a Run"
    )
    folder = check_path("to", to)
    day = _check_date(date)
    _check_name(name)
    _check_url(url)
    finished = read_run(source)
    _check_complete(finished)
    metadata = _make_metadata(finished, {"name": name, "url": url, "commit": commit}) | {
        "submission_type": "custom" if custom else "standard",
        "contact": contact,
        "disclosure": {"trained_on_locomo": trained_on_locomo},
    }
    remedy = "Correct the argument of that name, such as `name` or `contact`."
    validate(metadata, "metadata", path=Path(METADATA), remedy=remedy)
    for problem in name_problems(metadata):
        raise InputError(problem, "Choose another `name`: letters and digits that can be seen.")
    if bundle is not None:
        write_bundle(finished, check_path("bundle", bundle))
    return Submission(folder=_write_folder(source, folder, metadata, day), metadata=metadata)


def _check_name(name: str | None) -> None:
    if name is not None and not name.strip():
        raise InputError("`name` is empty.", "Leave `name` out to use the system's own name.")


def _check_url(url: str | None) -> None:
    try:
        parts = urlsplit(url or "")
        good = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:  # An unclosed bracket.
        good = False
    if url is not None and not good:
        raise InputError(
            f"`url` must begin with http:// or https://, not {url!r}.",
            "Correct it, or leave it out.",
        )


def _check_date(date: Date | None) -> Date:
    if date is None:
        return Date.today()
    if not isinstance(date, Date):
        raise InputError(f"`date` must be a datetime.date, not {date!r}.", "Correct `date`.")
    day = date.date() if isinstance(date, datetime) else date
    if is_in_the_future(day):
        raise InputError(
            f"`date` is in the future: {day}.", "Give the day of the submission, or leave it out."
        )
    return day


def _check_complete(run: Run) -> None:
    limit = run.info.get("limit")
    if limit is not None:
        raise InputError(
            f"{run.folder}: is a trial: at most {limit:,} of each conversation's questions were "
            "asked.",
            "Run the system again without a limit, in another folder.",
        )
    counts, rows = run.info["counts"], len(run.predictions)
    if counts is not None and rows >= counts["total"]:
        return
    missing = "" if counts is None else f": {_without_row(counts['total'] - rows)}"
    raise InputError(
        f"{run.folder}: the run is incomplete{missing}.",
        "Run the system again in this folder (`locomo-vqa run`): it continues where it stopped.",
    )


def _without_row(number: int) -> str:
    return f"{counted(number, 'question')} {'has' if number == 1 else 'have'} no row"


def _make_metadata(run: Run, said: Mapping[str, str | None]) -> dict[str, Any]:
    """Return what the run recorded, with what the submitter stated about the system."""
    recorded = run.info["system"]
    return {
        "system": {
            "name": public_name(recorded["name"]) if said["name"] is None else said["name"],
            "version": recorded["version"],
            "url": said["url"],
            "commit": said["commit"],
        },
        "answerer": public_value(dict(run.info["answerer"])),
        "image_handling": run.info["image_handling"],
        "visual_handling": visual_handling(run.info),
    }


def _write_folder(source: Path, to: Path, metadata: Mapping[str, Any], day: Date) -> Path:
    name = entry_folder_name(metadata["system"]["name"], metadata["answerer"]["model"])
    target = to / name / day.isoformat()
    if _is_written(target, source, metadata):
        return target
    remedy = "Choose another `date` or `name`; a submission is never replaced."
    try:
        with (
            _without_leftovers(target.parent),
            new_folder(target, what="the submission", remedy=remedy) as out,
        ):
            write_text(out / METADATA, _to_yaml(metadata))
            write_public_copy(source, out)
            _check_acceptable(out, source)
    except OutputError:
        if not _is_written(target, source, metadata):
            raise  # Otherwise the same call made it meanwhile, in another process.
    return target


def _is_written(target: Path, source: Path, metadata: Mapping[str, Any]) -> bool:
    """Return whether the same submission already exists, so that a call can be repeated."""
    try:
        return read_plain(target / METADATA) == _to_yaml(metadata) and all(
            sha256_file(target / name) == public_hash(source, name) for name in (PREDICTIONS, RUN)
        )
    except (OSError, InputError):
        return False


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


@contextlib.contextmanager
def _without_leftovers(folder: Path) -> Iterator[None]:
    """If the block fails, remove `folder` and the folders above it that it created."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def _to_yaml(content: Mapping[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
    return text

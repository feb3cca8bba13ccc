"""Turns a finished run into a submission, and sends it to a leaderboard."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, get_args
from urllib.parse import urlsplit

from locomo_vqa.arguments import check_choice, check_path
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.html_table import html_table
from locomo_vqa.runs import Run, read_run
from locomo_vqa.schemas import validate
from locomo_vqa.text import counted

from ..entry_files.names import name_problems
from ..entry_files.plain_files import METADATA
from ..history.days import today
from .bundle import written_bundle
from .draft import check_against, make_metadata, written_draft
from .parse_destination import parse_destination
from .run_journal import check_journal

__all__ = ["Submission", "SubmissionPlan", "TrainingSplit", "submit"]

TrainingSplit = Literal["train", "leave-one-out", "all"]
"""What a system was trained on:

train           the train and validation splits
leave-one-out   for each conversation, the others
all             all conversations
"""


class _InFolder(Protocol):
    """An ablation, which the leaderboard can't import."""

    @property
    def folder(self) -> Path: ...


Ablated = _InFolder | str | os.PathLike[str]
"""An ablation, or its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionPlan:
    """A submission that is about to be sent."""

    name: str
    """`<system>__<answerer>/<date>`."""
    metadata: Mapping[str, Any]
    """The content of its metadata.yaml."""
    sizes: Mapping[str, int]
    """The files that are sent, with their sizes in bytes."""
    sentence: str
    """What will be done with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(os.PathLike[str]):
    """A submission: the answers and the description of the run, without scores."""

    name: str
    """`<system>__<answerer>/<date>`."""
    folder: Path | None
    """Its folder, `<to>/<system>__<answerer>/<date>`; None if it was sent to a repository."""
    place: str
    """Where it is: its folder, a branch of a repository, or a pull request."""
    url: str | None = None
    """The address of its pull request, if it has one."""
    is_new: bool = True
    """Whether this call sent it; False if the same submission was there already."""
    advice: str | None = None
    """What to do next, if anything."""
    metadata: Mapping[str, Any]
    """The content of its metadata.yaml."""

    def __fspath__(self) -> str:
        if self.folder is None:
            raise InputError(f"{self.name}: is in {self.place}, not in a folder.", "Fetch it.")
        return str(self.folder)

    def __repr__(self) -> str:
        return f"<Submission of {self.metadata['system']['name']} in {self.place!r}>"

    def _repr_html_(self) -> str:
        metadata = self.metadata
        trained = metadata["disclosure"]["trained_on_locomo"]
        rows = [
            ("folder" if self.folder else "place", self.place),
            ("system", metadata["system"]["name"]),
            ("version", metadata["system"]["version"]),
            ("answerer", metadata["answerer"]["model"]),
            *_embedder_row(metadata.get("embedder")),
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
    training_split: TrainingSplit | None = None,
    custom: bool = False,
    date: Date | None = None,
    benchmark: Benchmark | str | os.PathLike[str] | None = None,
    bundle: str | os.PathLike[str] | None = None,
    ablation: Ablated | None = None,
    review: Callable[[SubmissionPlan], object] | None = None,
) -> Submission:
    """Send a finished run to a leaderboard, as the submission `<system>__<answerer>/<date>`.

    It has the answers and what was run, but no scores: the board computes those. It is checked as
    the board does before anything is sent, and refused if it has a key, a user's folder or the
    name of a private host. Called again with the same run and arguments, this returns the existing
    submission.

    Args:
        run: what `locomo_vqa.run` returned, or a run folder.
        to: a folder of submissions, which is created if it does not exist; a Git repository,
            `git+https://…` (also ssh and file), which gets a new branch, or with `#branch` a commit
            on that branch; or a data set on the Hub, `hf://datasets/org/name`, which gets a pull
            request.
        name: the system's name on the board; None for the system's own name.
        contact: how to contact you: an email address or an account.
        url: a description of the system.
        commit: the revision of the system's source.
        trained_on_locomo: whether any part of it was trained or tuned on LoCoMo; None if you
            don't say, in which case the entry has no rank.
        training_split: what a system trained on LoCoMo was trained on: `train` (the train and
            validation splits), `leave-one-out` (for each conversation, on the others) or `all`.
        custom: whether the run differs from the benchmark's own way of asking.
        date: the date of the submission, in UTC; None for today.
        benchmark: the board's benchmark; the run's revision and questions are then checked, too.
        bundle: also write this zip file, with which `replay` repeats the run from its recorded
            replies.
        ablation: what `locomo_vqa.ablate` returned, or its folder: the submission then has its
            certificate, from which the board computes whether the system answers from the picture.
        review: called with what will be sent, before anything is sent or written; an error that it
            raises stops the submission.

    Raises:
        InputError: an argument is wrong, the run is incomplete or can't be used, or something in
            it must not be published.
        OutputError: another submission has that name and date, or it can't be sent.
    """
    source = check_path(
        "run", run.folder if isinstance(run, Run) else run, allowed="a path or a Run"
    )
    destination = parse_destination(to if isinstance(to, str) and to else check_path("to", to))
    ablated = _folder_of(ablation)
    if bundle is not None:
        check_path("bundle", bundle)
    day = _check_date(date)
    _check_name(name)
    _check_url(url)
    _check_training(trained_on_locomo, training_split)
    loaded = None if benchmark is None else load_argument(benchmark)
    finished = read_run(source)
    _check_complete(finished)
    check_journal(finished)
    metadata = make_metadata(finished, name=name, url=url, commit=commit) | {
        "submission_type": "custom" if custom else "standard",
        "contact": contact,
        "disclosure": {"trained_on_locomo": trained_on_locomo, **_on_what(training_split)},
    }
    _check_metadata(metadata)
    with written_draft(
        finished, metadata, day=day, any_day=date is None, ablation=ablated
    ) as draft:
        if loaded is not None:
            check_against(draft, loaded)
        if review is not None:
            sentence, sizes = destination.explain(draft), draft.sizes()
            review(
                SubmissionPlan(name=draft.name, metadata=metadata, sizes=sizes, sentence=sentence)
            )
        with nullcontext() if bundle is None else written_bundle(finished, Path(bundle)):
            placed = destination.send(draft)
    return Submission(
        name=draft.name,
        folder=placed.folder,
        place=placed.place,
        url=placed.url,
        is_new=placed.is_new,
        advice=placed.advice,
        metadata=metadata,
    )


def _folder_of(ablation: Ablated | None) -> Path | None:
    if ablation is None:
        return None
    folder = getattr(ablation, "folder", ablation)
    return check_path("ablation", folder, allowed="a path or an Ablation")


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    remedy = "Correct the argument of that name, such as `name` or `contact`."
    validate(metadata, "metadata", path=Path(METADATA), remedy=remedy)
    for problem in name_problems(metadata):
        raise InputError(problem, "Choose another `name`: letters and digits that can be seen.")


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


def _check_training(trained: bool | None, on: TrainingSplit | None) -> None:
    if on is None:
        return
    check_choice("training_split", on, get_args(TrainingSplit))
    if not trained:
        raise InputError(
            "`training_split` says what the system was trained on, but `trained_on_locomo` does "
            "not say that it was trained.",
            "Set `trained_on_locomo`, or leave `training_split` out.",
        )


def _on_what(training_split: TrainingSplit | None) -> dict[str, str]:
    return {} if training_split is None else {"training_split": training_split}


def _check_date(date: Date | None) -> Date:
    if date is None:
        return today()
    if not isinstance(date, Date):
        raise InputError(f"`date` must be a datetime.date, not {date!r}.", "Correct `date`.")
    day = date.date() if isinstance(date, datetime) else date
    if day > today():
        raise InputError(
            f"`date` is in the future: {day}.", "Give a day up to today's in UTC, or leave it out."
        )
    return day


def _check_complete(run: Run) -> None:
    if run.info["image_handling"] == "crossed":
        raise InputError(
            f"{run.folder}: is one of the two runs of a certificate, in which some images are "
            "wrong.",
            "Submit a run with pixels, and name the certificate's folder as `ablation`.",
        )
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


def _embedder_row(found: Mapping[str, str] | None) -> list[tuple[str, str]]:
    return [("embedder", " ".join(found.values()))] if found else []

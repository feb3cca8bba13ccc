"""Checks submissions and scores them; no number that a submitter sends is used.

Each entry is checked separately, so that none can stop the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

from locomo_vqa.arguments import check_path, check_texts
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import sha256_file, some, write_json
from locomo_vqa.locks import locked_folder
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.scores import Scorer, default_scorer

from ..board import BOARD_FILE, Board
from ..entry_files.folder import EntryFolder
from ..entry_files.plain_files import METADATA, RUN
from ..history.board_day import BoardDay, read_day
from ..history.days import check_day
from ..question_scores import SCORES_FILE, write_question_scores
from ..ranking.board_rankings import board_rankings
from .between import check_between
from .entry import EntryVerifier, VerifiedEntry

__all__ = ["verify"]

_STEP = "Verify submissions"


@checked
def verify(
    folder: str | os.PathLike[str],
    *,
    benchmark: Benchmark | str | os.PathLike[str],
    judge: str | None = None,
    rubric: str | os.PathLike[str] = "lenient",
    judge_timeout: float = 120.0,
    judge_sample: int | None = None,
    judge_seed: int = 0,
    responses: str | os.PathLike[str] | None = None,
    l_preset: Literal["paper", "minilm"] = "paper",
    l_models: str | os.PathLike[str] | None = None,
    scorer: Scorer | None = None,
    only: str | Sequence[str] | None = None,
    as_of: date | str | None = None,
    progress: bool | ProgressCallback = True,
) -> Board:
    """Check and score every submission below a folder, and write `board.json` there, with the
    values of every question in `scores.parquet`.

    A submission with a problem is rejected and has no scores; the others are scored here, from
    their answers. The same folder, benchmark and scorer give the same bytes.

    Args:
        folder: the folder of submissions.
        benchmark: a benchmark, its folder, or its name.
        judge: the model whose verdicts determine J, or `"rules"`, which compares words, numbers
            and dates without a model. If None, J is not computed.
        rubric: how the judge compares an answer with the gold answer: `lenient`, `strict`, or a
            file with the judge's prompt.
        judge_timeout: the time limit of one call to the judge, in seconds.
        judge_sample: estimate J from this many questions of each entry's split, drawn from each
            conversation in proportion; None for all. The others are unscored.
        judge_seed: determines which questions are drawn, the same for every entry.
        responses: the file that stores the judge's replies, so that none is requested twice; None
            for one in the user's cache folder.
        l_preset: the encoder of BERTScore in L: `paper` (roberta-large) or `minilm`.
        l_models: the folder with L's encoders; None for $LOCOMO_VQA_L_MODELS or the Hub's cache.
        scorer: computes the scores, instead of all of this; None for the one that
            `locomo_vqa.score` uses.
        only: the names of submissions; the others are only read, so that these are compared with
            them, the board has these alone, and nothing is written. None for all.
        as_of: the last day whose entries and events count; None for today. The board of an earlier
            day has the bytes that it had on that day.
        progress: whether to show a progress bar, or what to call with the progress.

    Raises:
        InputError: `folder` does not exist, has other content, or has no submission; or the
            benchmark can't be read.
        OutputError: the board can't be written, or another process is verifying the folder.
        MissingResource: something that the scorer needs is not on this machine.
    """
    path = check_path("folder", folder)
    day = check_day("as_of", as_of)
    scorer = scorer or default_scorer(
        judge=judge,
        rubric=rubric,
        judge_timeout=judge_timeout,
        judge_sample=judge_sample,
        judge_seed=judge_seed,
        responses=responses,
        l_preset=l_preset,
        l_models=l_models,
    )
    names = _check_only(only)
    loaded = load_argument(benchmark)
    found = _find_entries(path, day)
    verifier = EntryVerifier(benchmark=loaded, scorer=scorer, histories=found.histories, day=day)
    if names is not None:
        return _verify_some(path, found, names, verifier, progress)
    busy = "another process is verifying these submissions"
    with locked_folder(path, busy=busy, remedy="Wait until it has finished."):
        with write_question_scores(path) as values:
            verifier = replace(verifier, values=values)
            verified = tuple(_each_verified(found.entries, verifier, progress))
        check_between(verified)
        board = _board(path, found, loaded, verified)
        board = replace(board, scores_sha256=sha256_file(path / SCORES_FILE))
        board = replace(board, rankings=board_rankings(board.entries, board.question_scores()))
        write_json(path / BOARD_FILE, board.to_json())
    return board


def _check_only(only: str | Sequence[str] | None) -> tuple[str, ...] | None:
    check_texts("only", only)
    return (only,) if isinstance(only, str) else None if only is None else tuple(only)


def _verify_some(
    folder: Path,
    found: BoardDay,
    names: Sequence[str],
    verifier: EntryVerifier,
    progress: bool | ProgressCallback,
) -> Board:
    """Verify the named entries, and compare them with the others, which are only read."""
    known = {entry.name for entry in found.entries}
    for name in names:
        if name not in known:
            raise InputError(
                f"`only`: {name!r} is not a submission in {folder}.",
                f"Name one of these: {some(sorted(known))}.",
            )
    verified = tuple(_each_verified(found.entries, verifier, progress, only=names))
    check_between(verified)
    named = tuple(each for each in verified if each.entry.name in names)
    return _board(folder, found, verifier.benchmark, named)


def _board(
    folder: Path, found: BoardDay, benchmark: Benchmark, verified: Sequence[VerifiedEntry]
) -> Board:
    return Board(
        folder=folder,
        dataset=benchmark.name,
        revision=benchmark.revision,
        entries=tuple(each.finished() for each in verified),
        day=found.day,
        left_out=found.left_out,
    )


def _find_entries(folder: Path, day: date) -> BoardDay:
    remedy = "Name the folder that submissions were written to."
    for name, what in ((METADATA, "submission"), (RUN, "run"), ("benchmark.json", "benchmark")):
        if (folder / name).exists():
            raise InputError(f"{folder}: is a {what} folder, not a folder of submissions.", remedy)
    found = read_day(folder, day)
    if not found.entries:
        until = f" up to {day}" if found.later else ""
        raise InputError(f"{folder}: has no submission{until}.", remedy)
    return found


def _each_verified(
    found: Sequence[EntryFolder],
    verifier: EntryVerifier,
    progress: bool | ProgressCallback,
    only: Sequence[str] | None = None,
) -> Iterator[VerifiedEntry]:
    with progress_reporter(progress) as report:
        report(_STEP, 0, len(found))
        for number, entry in enumerate(found, 1):
            yield verifier.verify(entry, scored=only is None or entry.name in only)
            report(_STEP, number, len(found))

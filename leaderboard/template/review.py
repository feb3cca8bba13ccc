"""Reviews what a pull request adds to a results repository."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Literal

from locomo_vqa.arguments import check_path
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.scores import Scorer, default_scorer

from ..board import BOARD_FILE, Board, read_board
from ..board_entry import Entry
from ..entry_files.plain_files import ENTRY_FILES, HISTORY, HISTORY_LIMIT
from ..history.days import today
from ..scratch import scratch_folder
from ..verification.verify import verify
from .changes import FOLDER, Proposal, read_proposal
from .comparison import score_changes
from .repository import Repository, TreeFile

__all__ = ["Review", "review_changes"]

_REGULAR = ("100644", "100755")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a pull request adds, and whether it can be accepted."""

    problems: tuple[str, ...]
    """Why it can't be accepted, one sentence each; empty if it can."""
    board: Board | None
    """The new entries and those with a longer history, verified; None if nothing was."""
    histories: tuple[str, ...] = ()
    """The names of earlier entries whose history is longer."""
    earlier: int
    """The number of earlier entries whose scores were computed again."""
    left_out: tuple[str, ...]
    """Metrics of earlier entries that were not computed again."""
    compared: bool
    """Whether there was an earlier board to compare with."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The new entries, and those with a longer history."""
        return self.board.entries if self.board is not None else ()

    @property
    def accepted(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@checked
def review_changes(
    repository: str | os.PathLike[str],
    *,
    base: str,
    head: str,
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
    progress: bool | ProgressCallback = True,
) -> Review:
    """Review what `head` adds to `base` in a results repository; nothing is checked out.

    It may add submissions and add to the ends of histories; every other change is a problem. The
    submissions of both are verified, and accepted scores on the board of `base` must be computed
    again within 0.001. J of a board is left out if no judge is given.

    Args:
        repository: a clone with both revisions.
        base: the branch that the changes are to be merged into.
        head: the branch with the changes.
        benchmark: a benchmark, its folder, or its name.
        judge: see `verify`, as the further arguments.
        rubric: see `verify`.
        judge_timeout: see `verify`.
        judge_sample: see `verify`.
        judge_seed: see `verify`.
        responses: see `verify`.
        l_preset: see `verify`.
        l_models: see `verify`.
        scorer: see `verify`.
        progress: see `verify`.

    Raises:
        InputError: a revision or the benchmark can't be read.
        MissingResource: something that the scorer needs is not on this machine.
    """
    clone = Repository(check_path("repository", repository))
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
    onto, new = clone.commit(base), clone.commit(head)
    present = list(clone.files(onto, FOLDER))
    proposal = read_proposal(clone, clone.changes(clone.common(onto, new), new), present)
    loaded = load_argument(benchmark)
    with scratch_folder("review") as folder:
        old = _old_board(clone, present, folder / "old")
        contents = _write_submissions(clone, present, proposal, folder / "new")
        board = None
        if contents and (proposal.entries or not proposal.problems):
            board = verify(folder / "new", benchmark=loaded, scorer=scorer, progress=progress)
    return _reviewed(proposal, old, board, without=() if judge else ("j",))


def _old_board(clone: Repository, present: Iterable[TreeFile], folder: Path) -> Board | None:
    for each in present:
        if each.path == f"{FOLDER}/{BOARD_FILE}" and each.mode in _REGULAR:
            clone.write(each.oid, folder / BOARD_FILE)
            return read_board(folder)
    return None


def _write_submissions(
    clone: Repository, present: Iterable[TreeFile], proposal: Proposal, folder: Path
) -> int:
    """Write the submissions of the base and the new ones, and return the number of files."""
    files = {
        each.path.removeprefix(f"{FOLDER}/"): each.oid for each in present if _is_readable(each)
    }
    files |= proposal.files
    for path, oid in files.items():
        clone.write(oid, folder / path)
    return len(files)


def _is_readable(file: TreeFile) -> bool:
    """Return whether a file of the base belongs to a submission, and is not too large."""
    parts = PurePosixPath(file.path).parts
    if file.mode not in _REGULAR or file.size is None or ".." in parts:
        return False
    if len(parts) == 3 and parts[2].endswith(HISTORY):
        return file.size <= HISTORY_LIMIT
    return len(parts) == 4 and file.size <= ENTRY_FILES.get(parts[3], -1)


def _reviewed(
    proposal: Proposal, old: Board | None, board: Board | None, *, without: tuple[str, ...]
) -> Review:
    problems = list(proposal.problems)
    entries: tuple[Entry, ...] = ()
    if board is not None:
        concerned = {*proposal.entries, *proposal.histories}
        entries = tuple(entry for entry in board if entry.name in concerned)
        missing = set(proposal.entries) - {entry.name for entry in entries}
        problems += [f"{name}: {_why_missing(name, board)}" for name in sorted(missing)]
        problems += [f"{entry.name}: {problem}" for entry in entries for problem in entry.problems]
        if old is not None:
            problems += [
                f"{name}: {sentence}"
                for name, sentence in score_changes(old, board, without=without)
            ]
    accepted = [entry for entry in old or () if entry.state != "rejected"]
    return Review(
        problems=tuple(problems),
        board=None if board is None else replace(board, entries=entries),
        earlier=len(accepted) if board is not None else 0,
        left_out=tuple(
            name
            for name in without
            if board is not None and any(entry.value(name) is not None for entry in accepted)
        ),
        compared=old is not None,
        histories=tuple(proposal.histories),
    )


def _why_missing(name: str, board: Board) -> str:
    day = board.day or today()
    if name.rpartition("/")[2] > day.isoformat():
        return f"is dated after {day}; give it the day on which it is sent."
    return "is not found as a submission."

"""What a pull request may change: it may add entries, and say more about old ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from locomo_vqa.errors import InputError
from locomo_vqa.text import escape_unprintable

from ..board import BOARD_FILE
from ..entry_files.folder import entry_name_problem
from ..entry_files.plain_files import ENTRY_FILES, HISTORY, HISTORY_LIMIT
from ..history.events import HistoryEvent, parse_history
from ..question_scores import SCORES_FILE
from .repository import GONE, Change, Repository, TreeFile

__all__ = ["FOLDER", "Proposal", "read_proposal"]

FOLDER = "submissions"
"""The folder of submissions in a results repository."""

_MOST_FILES = 300
_REGULAR = "100644"
_KINDS = {"120000": "a symbolic link", "160000": "another repository", "100755": "executable"}
_GENERATED = (BOARD_FILE, SCORES_FILE)


@dataclass(slots=True, kw_only=True)
class Proposal:
    """What a pull request adds, and what it must not do."""

    files: dict[str, str] = field(default_factory=dict)
    """New and longer files: the content's id by path below `submissions/`."""
    entries: list[str] = field(default_factory=list)
    """The names of the new entries, sorted."""
    histories: list[str] = field(default_factory=list)
    """The names of earlier entries whose history is longer."""
    problems: list[str] = field(default_factory=list)
    """Why it can't be accepted, one sentence each."""


def read_proposal(
    repository: Repository, changes: Iterable[Change], present: Iterable[TreeFile]
) -> Proposal:
    """Sort out the changes of a pull request.

    Args:
        repository: where their contents are.
        changes: the paths in which it differs from what it started from.
        present: the files of `submissions/` in the branch that it is to be merged into.
    """
    there = {each.path: each for each in present}
    changes = list(changes)
    if len(changes) > _MOST_FILES:
        return Proposal(
            problems=[f"{len(changes):,} files are changed; at most {_MOST_FILES} are reviewed."]
        )
    proposal = Proposal()
    entries: set[str] = set()
    for change in changes:
        problem = _problem(repository, change, there)
        shown = escape_unprintable(change.path, most=200)
        if problem is not None:
            proposal.problems.append(f"{shown}: {problem}.")
            continue
        path = change.path.removeprefix(f"{FOLDER}/")
        proposal.files[path] = change.new
        if path.count("/") == 2:
            entries.add(path.rpartition("/")[0])
        else:
            proposal.histories.append(path.removesuffix(HISTORY))
    proposal.entries = sorted(entries)
    proposal.problems += _case_problems(proposal.entries, there)
    return proposal


def _problem(repository: Repository, change: Change, there: dict[str, TreeFile]) -> str | None:
    """Return why a change is not allowed; None if it is."""
    parts = change.path.split("/")
    if parts[0] != FOLDER or len(parts) < 2:
        return f"is outside {FOLDER}/"
    if len(parts) == 2 and parts[1] in _GENERATED:
        return "is written after the merge; leave it out"
    if change.new_mode == GONE:
        return "vanished; what was accepted stays"
    if change.new_mode != _REGULAR:
        return f"is {_KINDS.get(change.new_mode, 'not a regular file')}"
    if len(parts) == 3 and parts[2].endswith(HISTORY):
        return _history_problem(repository, change, parts[1], there)
    if len(parts) != 4 or parts[3] not in ENTRY_FILES:
        return "is not a file of a submission"
    return _entry_problem(repository, change, parts, there)


def _entry_problem(
    repository: Repository, change: Change, parts: list[str], there: dict[str, TreeFile]
) -> str | None:
    if (problem := entry_name_problem(parts[1], parts[2])) is not None:
        return problem.rstrip(".")
    if change.old_mode != GONE:
        return "was changed; an accepted submission never changes"
    folder = change.path.rpartition("/")[0]
    if any(path.startswith(f"{folder}/") for path in there):
        same = there.get(change.path)
        if same is None or same.oid != change.new:
            return "belongs to a submission that already exists; choose another date or name"
    if repository.size(change.new) > ENTRY_FILES[parts[3]]:
        return f"is larger than {ENTRY_FILES[parts[3]]:,} bytes"
    return None


def _history_problem(
    repository: Repository, change: Change, system: str, there: dict[str, TreeFile]
) -> str | None:
    day = Path(change.path).name.removesuffix(HISTORY)
    if (problem := entry_name_problem(system, day)) is not None:
        return problem.rstrip(".")
    if repository.size(change.new) > HISTORY_LIMIT:
        return f"is larger than {HISTORY_LIMIT:,} bytes"
    if not any(path.startswith(f"{FOLDER}/{system}/{day}/") for path in there):
        return "is about a submission that is not there"
    before = there.get(change.path)
    if before is None:
        return None
    old, new = repository.content(before.oid), repository.content(change.new)
    if not new.startswith(old):
        return "was changed; add to its end, so that nothing vanishes"
    if not _keeps_events(_events(old), _events(new)):
        return "changes an event that was there; add an event of its own, with a dash before it"
    return None


def _events(content: bytes) -> tuple[HistoryEvent, ...] | None:
    """Return the events in a history; None if it can't be read, for which `verify` rejects it."""
    try:
        return parse_history(content.decode("utf-8-sig"), path=Path(HISTORY))
    except (InputError, UnicodeDecodeError):
        return None


def _keeps_events(
    old: tuple[HistoryEvent, ...] | None, new: tuple[HistoryEvent, ...] | None
) -> bool:
    """Return whether old events are the first of the new ones: what follows can continue a text."""
    return old is None or new is None or new[: len(old)] == old


def _case_problems(entries: Iterable[str], there: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each new entry whose name differs from an old one's in case only."""
    known = {path.split("/")[1] for path in there if path.count("/") == 3}
    for name in entries:
        system = name.partition("/")[0]
        same = [
            other for other in known if other != system and other.casefold() == system.casefold()
        ]
        if same:
            yield f"{name}: is named like {same[0]}, in other letters; choose another name."
        known.add(system)

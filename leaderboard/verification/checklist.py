"""The checks of one entry, and what each has found so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from locomo_vqa.errors import InputError
from locomo_vqa.text import escape_unprintable

from ..board_entry import CheckState, EntryCheck

__all__ = ["CHECKS", "CheckName", "Checklist"]

CheckName = Literal[
    "files",
    "formats",
    "hashes",
    "statements",
    "revision",
    "rows",
    "scores",
    "names",
    "record",
    "attempts",
    "requests",
    "models",
    "training",
    "characters",
    "answer length",
    "gold answers",
    "wrong gold answers",
    "ceilings",
    "copies",
    "judge",
    "reproduction",
    "certificate",
    "history",
]
"""What is checked, in this order:

files                the entry's three files exist, are regular files, and are not too large
formats              they match their formats
hashes               answers and record are as the run wrote them
statements           what metadata.yaml says of the run is what its record says
revision             the run used the board's revision of the benchmark
rows                 each question of the split has exactly one row, as the record counts them
scores               the scores could be computed
names                names and dates are not misleading
record               it is known what the system ran on
attempts             no answer was chosen from several
requests             the requests to the model got replies
models               the calls asked for the model that the run names
training             it is stated whether the system was trained on the benchmark, and on what
characters           answers have few characters that can't be seen
answer length        answers are not so long that they hit a gold answer by chance
gold answers         answers are not the gold answers themselves, or nearly
wrong gold answers   answers don't agree with gold answers that are known to be wrong
ceilings             no score is above what a system that is always right gets
copies               no other entry has the same answers, or nearly the same
judge                J's judge rejects wrong answers
reproduction         the answers were produced again
certificate          whether the system answers from the picture, by its ablation's answers
history              what happened to the entry since can be read, and is consistent
"""
CHECKS: tuple[CheckName, ...] = get_args(CheckName)

_MOST_SENTENCES = 20
_NOT_REACHED = "Another check failed."


class Checklist:
    """Collects what the checks of one entry find; a check without a finding was not reached."""

    def __init__(self) -> None:
        self._found: dict[CheckName, list[tuple[CheckState, str]]] = {}

    def passed(self, name: CheckName, text: str = "") -> None:
        """Record that a check found nothing, with its figures."""
        self._add(name, "passed", text)

    def failed(self, name: CheckName, *texts: str) -> None:
        """Record why an entry is rejected."""
        for text in texts:
            self._add(name, "failed", text)

    def flagged(self, name: CheckName, *texts: str) -> None:
        """Record what a maintainer should know."""
        for text in texts:
            self._add(name, "flagged", text)

    def not_done(self, name: CheckName, why: str) -> None:
        """Record why a check was not done."""
        self._add(name, "not_done", why)

    @contextmanager
    def collecting(self, name: CheckName) -> Iterator[None]:
        """Count an error about the entry as a failure of a check."""
        try:
            yield
        except InputError as error:
            self.failed(name, error.message)

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the entry is rejected, a sentence each."""
        return _shown(self._sentences("failed"))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a maintainer should know, a sentence each."""
        return _shown(self._sentences("flagged"))

    @property
    def results(self) -> tuple[EntryCheck, ...]:
        """The result of every check, in order."""
        return tuple(self._result(name) for name in CHECKS)

    def _add(self, name: CheckName, state: CheckState, text: str) -> None:
        self._found.setdefault(name, []).append((state, escape_unprintable(text)))

    def _sentences(self, wanted: CheckState) -> Iterator[str]:
        for name in CHECKS:
            for state, text in self._found.get(name, ()):
                if state == wanted:
                    yield text

    def _result(self, name: CheckName) -> EntryCheck:
        found = self._found.get(name)
        if found is None:
            return EntryCheck(name=name, state="not_done", text=_NOT_REACHED)
        states = [state for state, _ in found]
        worst = next(s for s in ("failed", "flagged", "not_done", "passed") if s in states)
        texts = _shown(text for state, text in found if state == worst and text)
        return EntryCheck(name=name, state=worst, text=" ".join(texts))


def _shown(texts: Iterable[str]) -> tuple[str, ...]:
    listed = list(texts)
    more = len(listed) - _MOST_SENTENCES
    shown = tuple(listed[:_MOST_SENTENCES])
    return (*shown, f"And {more:,} more.") if more > 0 else shown

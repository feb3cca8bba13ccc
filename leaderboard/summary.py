"""A short table of a board, for the terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from locomo_vqa.metric_names import METRICS, metric_title

from .board_entry import Entry
from .ranking.rank_texts import rank_remarks, rank_text
from .results import UNRANKED, Rankings, judge_of, rank_of

__all__ = ["COLUMNS", "NUMBERS", "lacks_verdicts", "remarks", "summary_rows"]

_SHOWN = ("v", "l", "j", "f1")
_MOST_FOUND = 40
_BY_RULES = ", which compare words, numbers and dates: not comparable with a model's J"
COLUMNS = ("submission", "state", "split")
"""Headings of the text columns of `summary_rows`."""
NUMBERS = tuple(metric_title(name) for name in _SHOWN)
"""Headings of its columns of scores."""


def summary_rows(
    entries: Iterable[Entry], rankings: Rankings | None = None
) -> list[tuple[str, ...]]:
    """Return name, state, split and the main scores of each entry; "–" if not computed.

    The state is what happened to the entry, if it is not current. A score is followed by its range
    of ranks in `rankings`.
    """
    return [
        (
            entry.name,
            entry.state if entry.standing == "current" else entry.standing,
            entry.split or "–",
            *(_score(entry, name) + _rank(entry, name, rankings) for name in _SHOWN),
        )
        for entry in entries
    ]


def remarks(entries: Iterable[Entry], rankings: Rankings | None = None) -> list[str]:
    """Return who judged, who is separated, what happened to entries, and what verifying found."""
    listed = list(entries)
    judges = sorted({judge for entry in listed if (judge := judge_of(entry))})
    by_rules = any(judge.startswith("rules-") for judge in judges)
    said = [f"J is judged by {', '.join(judges)}{_BY_RULES if by_rules else ''}."] if judges else []
    samples = sorted({sample for entry in listed if (sample := _sample(entry))})
    said += [f"J is estimated from a sample of {n:,} of {of:,} questions." for n, of in samples]
    unjudged = [entry for entry in listed if lacks_verdicts(entry)]
    for entry in unjudged[:1]:
        assert entry.scores is not None
        more = f" (and {len(unjudged) - 1} more)" if unjudged[1:] else ""
        said.append(f"{entry.name}{more}: {entry.scores['metrics']['j']['reason']}")
    if any(map(_is_marked, listed)):
        said.append(f"A J with a * has {UNRANKED[0].lower()}{UNRANKED[1:]}")
    said += rank_remarks(rankings or {}, _SHOWN)
    said += [
        f"{entry.name}: {one['event']} on {one['date']} by {one['who']}: {one['why']}"
        for entry in listed
        for one in entry.history
    ]
    return said + _found(listed)


def _found(entries: Sequence[Entry]) -> list[str]:
    """Return the problems and notes of all entries; of too many, the problems before the notes."""
    found = [
        (label, f"{entry.name}: {label}: {sentence}")
        for entry in entries
        for label, sentences in (("problem", entry.problems), ("note", entry.notes))
        for sentence in sentences
    ]
    if len(found) <= _MOST_FOUND:
        return [sentence for _, sentence in found]
    found.sort(key=lambda one: one[0] != "problem")
    shown = [sentence for _, sentence in found[:_MOST_FOUND]]
    return [*shown, f"And {len(found) - _MOST_FOUND:,} more: see the report or board.json."]


def lacks_verdicts(entry: Entry) -> bool:
    """Return whether the judge gave no verdict on some answers, so that J has no value."""
    j = entry.scores["metrics"].get("j") if entry.scores else None
    return bool(j and j["state"] == "incomplete")


def _sample(entry: Entry) -> tuple[int, int] | None:
    """Return the size of the sample that J is estimated from, and of how many questions."""
    j = entry.scores["metrics"].get("j") if entry.scores else None
    return (j["overall"]["n"], j["sampled_of"]) if j and j.get("sampled_of") else None


def _score(entry: Entry, name: str) -> str:
    value = entry.value(name)
    if value is None:
        return "–"
    mark = "*" if name == "j" and _is_marked(entry) else ""
    return f"{value:.{1 if METRICS[name].scale >= 100 else 3}f}{mark}"


def _rank(entry: Entry, name: str, rankings: Rankings | None) -> str:
    ranks = rank_of(entry, name, rankings or {})
    return f" {rank_text(ranks['rank_low'], ranks['rank_high'])}" if ranks["rank_low"] else ""


def _is_marked(entry: Entry) -> bool:
    """Return whether an entry's J has no rank, because its judge accepts too many wrong answers."""
    j = entry.scores["metrics"].get("j") if entry.scores else None
    corrected = j.get("corrected") if j else None
    return bool(corrected and corrected["lenient"])

"""The ranks of entries that were asked the same questions, from the values of every question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.statistics.many_systems import separate
from locomo_vqa.text import counted

from .groups import group_letters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PairCount", "Rank", "Ranking", "rank_entries"]

_DIGITS = 4
"""Decimals of the smallest visible difference: the last ones may depend on the processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """The place of one entry among the others."""

    rank: tuple[int, int] | None
    """The best and the worst rank that the data allow: 1 and the number of entries that are
    better, and the number of all entries but those that are worse. None without a ranking."""
    group: str | None
    """Letters of the groups that it is in, such as "ab": two entries share a letter exactly if
    they can't be separated. None without a ranking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCount:
    """How many pairs of entries can be separated."""

    separated: int
    """Pairs whose difference is significant."""
    of: int
    """All pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The ranks of all entries that have the same questions and the same form of a metric."""

    signature: str
    """The signature of the metric, which all its entries share."""
    conversations: int
    """The number of conversations, which are the sample."""
    questions: int
    """The number of questions of each entry."""
    entries: Mapping[str, Rank]
    """By name, the highest value first."""
    pairs: PairCount
    """How many pairs can be separated."""
    smallest_visible: float | None
    """On the metric's scale: two entries are separated exactly if their values differ by more.
    None without ranks, or with one entry."""
    reason: str | None
    """Why there are no ranks, in one sentence; None if there are."""


def rank_entries(
    names: Sequence[str],
    values: NDArray[np.float64],
    conversations: Sequence[str],
    *,
    signature: str,
) -> Ranking:
    """Rank entries by the mean of their values, and find out which are tied.

    Args:
        names: the entries' names, sorted; of equal entries the first one is listed first.
        values: a row for each entry, a column for each question, without gaps.
        conversations: the conversation of each question.
        signature: the metric's signature.
    """
    import numpy as np

    known = sorted(set(conversations))
    places = np.searchsorted(known, conversations)
    sums = np.stack([values[:, places == place].sum(axis=1) for place in range(len(known))], axis=1)
    found = separate(sums, sizes=[int((places == place).sum()) for place in range(len(known))])
    count, questions = values.shape
    pairs = count * (count - 1) // 2
    if found is None:
        order = np.argsort(-sums.sum(axis=1), kind="stable")
        ranks = {names[row]: Rank(rank=None, group=None) for row in order}
    else:
        letters = group_letters(found.ends)
        spans = zip(found.order, found.starts, found.ends, letters, strict=True)
        ranks = {
            names[row]: Rank(rank=(start + 1, end), group=letter)
            for row, start, end, letter in spans
        }
    separated = found.separated if found else 0
    return Ranking(
        signature=signature,
        conversations=len(known),
        questions=questions,
        entries=ranks,
        pairs=PairCount(separated=separated, of=pairs),
        smallest_visible=round(found.distance / questions, _DIGITS) if found and pairs else None,
        reason=None if found else _too_few(len(known)),
    )


def _too_few(conversations: int) -> str:
    if conversations < 2:
        start = "With one conversation there is nothing to compare between conversations"
    else:
        smallest = f"{2 / (1 << conversations):.4f}".rstrip("0")
        start = (
            f"With {counted(conversations, 'conversation')} no p-value can be below {smallest}, "
            "whatever the answers are"
        )
    return f"{start}: at least {FEW_CONVERSATIONS} are needed to tell two entries apart."

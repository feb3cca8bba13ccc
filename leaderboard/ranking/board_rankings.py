"""Ranks a board's entries: by table, by metric, and apart where values can't be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from ..board_entry import Entry, Table
from ..results import BOARD_METRICS
from .ranks import Ranking, rank_entries

if TYPE_CHECKING:
    import numpy as np
    import pyarrow
    from numpy.typing import NDArray

__all__ = ["board_rankings"]

_RANKED = ("current", "disputed")


def board_rankings(
    entries: Sequence[Entry], scores: pyarrow.Table
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the ranks in each table under each metric, as in board.json.

    Entries are compared if they have the same signature, which names a judge, an encoder, or how
    images were asked for, and the same questions. So there may be several comparisons for one
    metric, each with its own ranks; the one with the most entries comes first.

    An entry is left out if it is rejected, withdrawn or superseded, is in no table, has no value,
    or has a J whose judge accepts too many wrong answers.

    Args:
        entries: the board's entries.
        scores: the value of every question, as `Board.question_scores` returns it.
    """
    questions = _Questions(scores)
    ranked = [one for one in entries if _may_rank(one) and one.name in questions.rows]
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in get_args(Table)}
    for metric in BOARD_METRICS:
        comparable: dict[str, dict[str, list[str]]] = {}
        for entry in ranked:
            signature = _ranked_signature(entry, metric)
            if signature is not None and entry.table is not None:
                names = comparable.setdefault(entry.table, {}).setdefault(signature, [])
                names.append(entry.name)
        values = questions.values(metric) if comparable else None
        for table, by_signature in comparable.items():
            rankings = [
                ranking
                for signature, names in by_signature.items()
                for ranking in _rankings(signature, sorted(names), values, questions)
            ]
            found[table][metric] = _as_json(rankings)
    return {table: by_metric for table, by_metric in found.items() if by_metric}


def _as_json(rankings: list[Ranking]) -> dict[str, Any]:
    rankings.sort(key=lambda one: (-len(one.entries), one.signature, min(one.entries)))
    return {
        "entries": {
            name: {"rank": list(one.rank), "group": one.group, "comparison": number}
            for number, ranking in enumerate(rankings)
            for name, one in ranking.entries.items()
            if one.rank is not None
        },
        "comparisons": [
            {
                "signature": ranking.signature,
                "entries": list(ranking.entries),
                "conversations": ranking.conversations,
                "questions": ranking.questions,
                "pairs": asdict(ranking.pairs),
                "smallest_visible": ranking.smallest_visible,
                "reason": ranking.reason,
            }
            for ranking in rankings
        ],
    }


def _may_rank(entry: Entry) -> bool:
    return entry.state == "rescored" and entry.unranked is None and entry.standing in _RANKED


def _ranked_signature(entry: Entry, metric: str) -> str | None:
    """Return the signature of an entry's metric; None if that has no value, or must not rank."""
    found: Mapping[str, Any] | None = entry.scores["metrics"].get(metric) if entry.scores else None
    if not found or found["state"] != "ok" or found["overall"]["value"] is None:
        return None
    if (found.get("corrected") or {}).get("lenient"):
        return None
    return found["signature"] or ""


class _Questions:
    """The columns of scores.parquet, of which one metric at a time becomes a table of numbers."""

    def __init__(self, scores: pyarrow.Table) -> None:
        import numpy as np

        self._scores = scores
        self._entry, entries = _codes(scores, "entry")
        self._question, self._names = _codes(scores, "question_id")
        conversation, self._conversations = _codes(scores, "conversation")
        self._conversation = np.zeros(len(self._names), dtype=np.int64)
        self._conversation[self._question] = conversation
        self.rows = {name: row for row, name in enumerate(entries)}
        """The row of each entry in `values`."""

    def values(self, metric: str) -> NDArray[np.float64]:
        """Return a row for each entry and a column for each question; NaN without a value."""
        import numpy as np

        values = np.full((len(self.rows), len(self._names)), np.nan)
        values[self._entry, self._question] = self._scores[metric].to_numpy()
        return values

    def conversations(self, chosen: NDArray[np.bool_]) -> list[str]:
        """Return the conversation of each chosen question."""
        return [self._conversations[place] for place in self._conversation[chosen]]


def _codes(scores: pyarrow.Table, column: str) -> tuple[NDArray[np.int64], list[str]]:
    """Return each row's place in the sorted list of a column's texts, and the list."""
    import numpy as np

    encoded = scores[column].combine_chunks()
    texts: list[str] = encoded.dictionary.to_pylist()
    known = sorted(texts)
    places = {text: place for place, text in enumerate(known)}
    by_code = np.array([places[text] for text in texts], dtype=np.int64)
    return by_code[encoded.indices.to_numpy()], known


def _rankings(
    signature: str,
    names: Sequence[str],
    values: NDArray[np.float64] | None,
    questions: _Questions,
) -> Iterator[Ranking]:
    """Yield a ranking for each set of questions that entries have values for."""
    import numpy as np

    assert values is not None
    table = values[[questions.rows[name] for name in names]]
    has_value = ~np.isnan(table)
    same: dict[bytes, list[int]] = {}
    for row in range(len(names)):
        same.setdefault(has_value[row].tobytes(), []).append(row)
    for rows in same.values():
        chosen = has_value[rows[0]]
        if chosen.any():
            yield rank_entries(
                [names[row] for row in rows],
                table[rows][:, chosen],
                questions.conversations(chosen),
                signature=signature,
            )

"""Reads rankings from a data frame: a row for each question, or for each turn retrieved."""

from __future__ import annotations

import math
from typing import Any

from locomo_vqa.errors import InputError

__all__ = ["rankings_of_frame"]

_QUESTIONS = ("question_id", "query_id", "qid")
_TURNS = ("turn", "turn_id", "dia_id", "doc_id", "docid", "docno")


def rankings_of_frame(frame: Any) -> dict[str, list[Any]] | None:
    """Return a ranking by question id; None if a data frame has answers or no rankings.

    It has a column of question ids and either a column `retrieved` with lists, or a column of turns
    and one of `score`, highest first, or `rank`, lowest first. Equal ones keep their order.

    Raises:
        InputError: a score or a rank is not a finite number.
    """
    names = [str(name) for name in frame.columns]
    question = next((name for name in _QUESTIONS if name in names), None)
    if question is None or "prediction" in names:
        return None
    if "retrieved" in names:
        pairs = zip(frame[question].tolist(), frame["retrieved"].tolist(), strict=True)
        return {str(name): list(ids) if _is_list(ids) else [] for name, ids in pairs}
    turn = next((name for name in _TURNS if name in names), None)
    order = next((name for name in ("score", "rank") if name in names), None)
    if turn is None or order is None:
        return None
    found: dict[str, list[tuple[float, Any]]] = {}
    columns = (frame[name].tolist() for name in (question, turn, order))
    for name, each, value in zip(*columns, strict=True):
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(
                f"The data frame's column {order} has {value!r}, which is not a finite number.",
                f"Give every turn a {order}.",
            )
        found.setdefault(str(name), []).append((-value if order == "score" else value, each))
    return {
        name: [each for _, each in sorted(pairs, key=lambda pair: pair[0])]
        for name, pairs in found.items()
    }


def _is_list(value: Any) -> bool:
    return not isinstance(value, str) and hasattr(value, "__iter__")

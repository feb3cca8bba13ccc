"""Compares ranks with those that all sign flips of all pairs give."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np

from .answers import Board
from .comparison import Comparison

__all__ = ["check_ranks"]


def check_ranks(board: Board, rows: dict[str, dict[str, Any]], result: Comparison) -> None:
    """Compare the ranks on the page with those that all sign flips of all pairs give."""
    verified = json.loads((board.submissions / "board.json").read_text(encoding="utf-8"))
    for table in verified["rankings"].values():
        for metric, ranking in table.items():
            for comparison in ranking["comparisons"]:
                names = comparison["entries"]
                for name, (low, high) in ranks(board, metric, names).items():
                    shown = rows[name]["scores"][metric]
                    result.equal("rank_low", f"{name} {metric}", shown["rank_low"], low, 0)
                    result.equal("rank_high", f"{name} {metric}", shown["rank_high"], high, 0)


def ranks(board: Board, metric: str, names: list[str]) -> dict[str, tuple[Any, Any]]:
    """Return the range of each entry's ranks, or (None, None) with fewer than six conversations.

    The signs of each conversation's differences are flipped in all ways. A pair is separated if at
    most 5 % of the flips give any pair a difference as large; then without these pairs, and again.
    """
    values = board.stored[board.stored.entry.isin(names)].dropna(subset=metric)
    sums = values.groupby(["entry", "conversation"], observed=True)[metric].sum().unstack()
    if sums.shape[1] < 6:
        return dict.fromkeys(names, (None, None))
    flips = np.array(list(itertools.product((-1.0, 1.0), repeat=sums.shape[1])))
    pairs = list(itertools.combinations(names, 2))
    by_flip = {pair: np.abs(flips @ (sums.loc[pair[0]] - sums.loc[pair[1]])) for pair in pairs}
    tie = 1e-6 * float(sums.abs().sum(axis=1).max())
    tied, separated = set(pairs), set()
    while tied:
        widest = np.sort(np.max([by_flip[pair] for pair in tied], axis=0))[::-1]
        limit = widest[int(0.05 * len(flips))] + tie
        new = {pair for pair in tied if abs((sums.loc[pair[0]] - sums.loc[pair[1]]).sum()) > limit}
        separated |= new
        tied -= new
        if not new:
            break
    totals = sums.sum(axis=1)
    found = {}
    for name in names:
        others = [a if b == name else b for a, b in separated if name in (a, b)]
        better = sum(totals[other] > totals[name] for other in others)
        found[name] = (1 + int(better), len(names) - (len(others) - int(better)))
    return found

"""Measure the errors, the power and the speed of ranks, on simulated boards.

    python -m benchmarks.ranks [--boards 400]

A board has ten conversations with LoCoMo's numbers of questions. A conversation is as hard for all
systems, and each system deviates from its own level: by chance in its answers, and by a spread of
its own from conversation to conversation. Three questions are answered: how often a board calls two
equal systems different, or the worse one better (`wrong`, which must be at most 5 %); which share
of pairs that differ by 5, 10 and 20 points are separated; and how long a large board takes.
Holm's correction of the exact p-values of all pairs is shown beside it.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.intervals import LOCOMO_SIZES
from locomo_vqa.leaderboard.board_entry import Entry
from locomo_vqa.leaderboard.ranking.board_rankings import board_rankings
from locomo_vqa.leaderboard.results import BOARD_METRICS
from locomo_vqa.statistics.many_systems import separate
from locomo_vqa.statistics.paired import holm, sign_flip_p

Apart = NDArray[np.bool_]
"""By system and system: whether they are separated."""

_GAPS = (5, 10, 20)
_SPREAD = 3.0
"""Points by which a system's level varies between conversations, beyond chance."""


def board(
    levels: Sequence[float], spreads: Sequence[float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the number of right answers by system and conversation; levels are percentages."""
    sizes = np.array(LOCOMO_SIZES)
    systems = len(levels)
    hard = rng.normal(0, 8, len(sizes))
    own = rng.normal(0, 1, (systems, len(sizes))) * np.array(spreads)[:, None]
    chances = np.clip((np.array(levels)[:, None] + hard + own) / 100, 0, 1)
    return rng.binomial(sizes, chances).astype(np.float64)


def apart_at_once(sums: NDArray[np.float64]) -> Apart:
    """Return who is separated by the largest difference of all pairs."""
    found = separate(sums)
    assert found is not None
    apart = np.zeros((len(sums), len(sums)), dtype=bool)
    for place, end in enumerate(found.ends):
        below = list(found.order[end:])
        apart[found.order[place], below] = apart[below, found.order[place]] = True
    return apart


def apart_by_holm(sums: NDArray[np.float64]) -> Apart:
    """Return who is separated by Holm's correction of the exact p-values of all pairs."""
    first, second = np.triu_indices(len(sums), 1)
    p_values = [
        sign_flip_p((sums[i] - sums[j]).tolist()) or 1.0 for i, j in zip(first, second, strict=True)
    ]
    apart = np.zeros((len(sums), len(sums)), dtype=bool)
    apart[first, second] = np.array(holm(p_values)) <= 0.05
    return apart | apart.T


def errors_and_power(
    method: Callable[[NDArray[np.float64]], Apart],
    levels: Sequence[float],
    spreads: Sequence[float],
    *,
    boards: int,
    seed: int = 0,
) -> tuple[float, dict[int, float]]:
    """Return the share of boards with any wrong pair, and the power by gap in points."""
    rng = np.random.default_rng(seed)
    true = np.array(levels)[:, None] - np.array(levels)
    wrong, found = 0, {gap: [] for gap in _GAPS if (np.abs(true - gap) < 0.5).any()}
    for _ in range(boards):
        sums = board(levels, spreads, rng)
        apart, totals = method(sums), sums.sum(axis=1)
        observed = totals[:, None] - totals
        wrong += bool((apart & (true * observed <= 0)).any())
        for gap, shares in found.items():
            shares.append(float(apart[np.abs(true - gap) < 0.5].mean()))
    return wrong / boards, {gap: float(np.mean(shares)) for gap, shares in found.items()}


def scenarios(systems: int) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return levels and spreads of systems by a description."""
    even = np.full(systems, _SPREAD)
    uneven = np.resize([1.0, 3.0, 8.0], systems)
    five = 30 + 10.0 * (np.arange(systems) % 5)
    ladder = np.linspace(30, 70, systems)
    return {
        "all equal": (np.full(systems, 50.0), even),
        "all equal, some unsteady": (np.full(systems, 50.0), uneven),
        "five levels, 10 points apart": (five, even),
        "five levels, some unsteady": (five, uneven),
        "spread evenly from 30 to 70": (ladder, even),
    }


def large_board(entries: int, questions: int) -> tuple[list[Entry], pa.Table]:
    """Return a board's entries and the values of their questions, under all its metrics."""
    rng = np.random.default_rng(0)
    names = [f"system-{number:04}__none/2026-08-31" for number in range(entries)]
    ids = [f"q{number:05}" for number in range(questions)]
    places = np.tile(np.arange(questions, dtype=np.int32), entries)
    columns = {
        "entry": (np.repeat(np.arange(entries, dtype=np.int32), questions), names),
        "question_id": (places, ids),
        "conversation": (places * 10 // questions, [f"conv-{number}" for number in range(10)]),
    }
    table = {
        name: pa.DictionaryArray.from_arrays(pa.array(codes), texts)
        for name, (codes, texts) in columns.items()
    }
    chances = np.repeat(np.linspace(0.2, 0.8, entries), questions)
    for metric in BOARD_METRICS:
        right = (rng.random(len(chances)) < chances).astype(np.float32)
        table[metric] = pa.array(right, mask=(places % 2 == 0) == (metric == "v"))
    scored = {
        metric: {"state": "ok", "signature": metric, "overall": {"value": 0.5}}
        for metric in BOARD_METRICS
    }
    found = [
        Entry(name=name, state="rescored", files={}, table="all", scores={"metrics": scored})
        for name in names
    ]
    return found, pa.table(table)


def main() -> None:
    """Print a table of errors and power, and one of times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--boards", type=int, default=400, help="boards for each line")
    boards = parser.parse_args().boards
    print(f"{boards} boards for each line; a share of 0.05 has a standard error of", end=" ")
    print(f"{(0.05 * 0.95 / boards) ** 0.5:.3f}")
    print(f"{'systems':>7} {'board':30} {'method':8} wrong  separated by gap in points")
    for systems in (5, 20, 100):
        for text, (levels, spreads) in scenarios(systems).items():
            for name, method in (("at once", apart_at_once), ("Holm", apart_by_holm)):
                if name == "Holm" and systems > 20:
                    continue
                wrong, power = errors_and_power(method, levels, spreads, boards=boards)
                found = "  ".join(f"{gap}: {share:.2f}" for gap, share in power.items())
                print(f"{systems:>7} {text:30} {name:8} {wrong:.3f}  {found}", flush=True)
    for systems, conversations in ((100, 10), (1000, 10), (1000, 12), (1000, 50)):
        rng = np.random.default_rng(0)
        sums = np.linspace(30, 70, systems)[:, None] + rng.normal(0, 4, (systems, conversations))
        start = time.perf_counter()
        separate(sums)
        took = time.perf_counter() - start
        print(f"{systems:,} systems, {conversations} conversations: {took:.2f} s", flush=True)
    entries, scores = large_board(1000, 4000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    board_rankings(entries, scores)
    took = time.perf_counter() - start
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    print(f"1,000 entries, 4,000 questions, {len(BOARD_METRICS)} metrics: {took:.1f} s, {more} MiB")


if __name__ == "__main__":
    main()

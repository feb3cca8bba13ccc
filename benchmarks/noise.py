"""Measure the split of noise, and the smallest difference to believe, on simulated runs.

    python -m benchmarks.noise [--sets 1000]

Runs have known parts: conversations, memories, answering and judge, and a shift of each run as a
whole. The first table has the mean estimate of each part beside its true value, as standard
deviations of the score; the second how often two equal systems differ by more than may be believed.
"""

from __future__ import annotations

import argparse
from math import sqrt
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.statistics.believable import believable_difference
from locomo_vqa.statistics.intervals import ClusteredMean
from locomo_vqa.statistics.noise import RunNoise, Scored, split_noise

CONVERSATIONS = 10
QUESTIONS = {f"q{n}": f"c{n % CONVERSATIONS}" for n in range(500)}
SPREADS = {"conversations": 0.1, "memory": 0.05, "answering": 0.4, "judge": 0.3}
"""Standard deviations: of conversations and memories by conversation, of the others by question."""
SHIFTS = (0.0, 0.5, 1.0, 2.0, 5.0)
"""Standard deviations of whole runs, as multiples of what runs differ by conversation."""


def simulated(rng: np.random.Generator, memories: int, answers: int, verdicts: int) -> list[Scored]:
    """Return runs with the parts of `SPREADS`."""
    places = np.arange(len(QUESTIONS)) % CONVERSATIONS
    base = rng.normal(0, SPREADS["conversations"], CONVERSATIONS)
    made = []
    for m in range(memories):
        memory = base + rng.normal(0, SPREADS["memory"], CONVERSATIONS)
        for a in range(answers):
            answered = memory[places] + rng.normal(0, SPREADS["answering"], len(QUESTIONS))
            for _ in range(verdicts):
                values = answered + rng.normal(0, SPREADS["judge"], len(QUESTIONS))
                made.append(
                    Scored(
                        memory=f"{m}",
                        answers=f"{m}/{a}",
                        values=dict(zip(QUESTIONS, values.tolist(), strict=True)),
                    )
                )
    return made


def show_parts(sets: int) -> None:
    """Print the mean estimate of each part, for several designs."""
    count = {"conversations": CONVERSATIONS, "memory": CONVERSATIONS}
    true = {n: s / sqrt(count.get(n, len(QUESTIONS))) for n, s in SPREADS.items()}
    print("true sd:", ", ".join(f"{name} {value:.4f}" for name, value in true.items()))
    for design in ((1, 1, 3), (1, 3, 1), (3, 1, 1), (2, 2, 1), (3, 2, 2)):
        rng = np.random.default_rng(1)
        splits = [split_noise(simulated(rng, *design), QUESTIONS, judged=True) for _ in range(sets)]
        print("{} memories, {} answerings, {} verdicts:".format(*design))
        for place, part in enumerate(splits[0].parts):
            found = sqrt(max(0.0, fmean(split.parts[place].estimate for split in splits)))
            wanted = sqrt(sum(true[source] ** 2 for source in part.sources))
            print(f"  {' + '.join(part.sources):45} {found:.4f}, true {wanted:.4f}")


def wrongly_believed(
    rng: np.random.Generator, runs: tuple[int, int], shift: float, spread: float
) -> bool:
    """Return whether two equal systems differ by more than may be believed.

    `spread` is the standard deviation of what conversations prefer one of the systems by.
    """
    tables: list[NDArray[np.float64]] = [
        rng.normal(0, shift, (count, 1))
        + rng.normal(0, sqrt(CONVERSATIONS), (count, CONVERSATIONS))
        for count in runs
    ]
    tables[0] = tables[0] + rng.normal(0, spread * sqrt(CONVERSATIONS), CONVERSATIONS)
    differences = tables[1].mean(axis=0) - tables[0].mean(axis=0)
    error = float(differences.std(ddof=1)) / sqrt(CONVERSATIONS)
    noise = [
        RunNoise(variance=float(one.mean(axis=1).var(ddof=1)), runs=len(one))
        if len(one) > 1
        else None
        for one in tables
    ]
    mean = ClusteredMean(mean=0.0, error=error, clusters=CONVERSATIONS)
    return not believable_difference(mean, *noise).covers(float(differences.mean()))


def show_believed(sets: int) -> None:
    """Print the share of equal systems that differ by more than may be believed."""
    print("\nruns, spread; then % wrongly believed for whole runs that differ by", SHIFTS)
    for runs in ((2, 1), (3, 1), (2, 2), (3, 3), (5, 5)):
        for spread in (0.0, 1.0):
            rng = np.random.default_rng(2)
            shares = [
                100 * fmean(wrongly_believed(rng, runs, shift, spread) for _ in range(sets))
                for shift in SHIFTS
            ]
            print(f"  {runs}, {spread}:", "  ".join(f"{share:4.1f}" for share in shares))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1000)
    sets = parser.parse_args().sets
    show_parts(max(1, sets // 10))
    show_believed(sets)


if __name__ == "__main__":
    main()

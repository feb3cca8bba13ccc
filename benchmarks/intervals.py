"""Measure how often intervals contain the true mean, in simulated data of ten conversations.

    python -m benchmarks.intervals [--sets 1000]

An answer is right or wrong. Each conversation has its own chance of a right answer; the mean of
these chances is the true value. Their spread is given as the standard deviation on the logit scale:
0 for questions that are independent, 0.5 for conversations that differ about as much as in
published result files. The interval of the toolkit is shown beside the clustered t interval on the
plain scale.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from locomo_vqa.scores import Interval
from locomo_vqa.statistics.mean_intervals import difference_interval, mean_interval

LOCOMO_SIZES = (152, 81, 152, 199, 178, 123, 150, 191, 156, 158)
"""The number of questions of categories 1 to 4 in each of LoCoMo's conversations."""
TRUTHS = (0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 0.99)
SPREADS = (0.0, 0.5, 0.8)

Values = Mapping[str, Sequence[float]]


def right_answers(
    truth: float, spread: float, sizes: Sequence[int], sets: int, seed: int
) -> NDArray[np.int64]:
    """Return the number of right answers by data set and conversation.

    The chances of a right answer are logit-normal, with `truth` as their mean and `spread` as the
    standard deviation of their logits.
    """
    from scipy.special import expit  # type: ignore[import-untyped, unused-ignore]

    rng = np.random.default_rng(seed)
    middle = _middle(truth, spread)
    chances = expit(rng.normal(middle, spread, (sets, len(sizes))))
    return rng.binomial(sizes, chances)


def coverage(
    interval_of: Callable[[Values], Interval | None],
    truth: float,
    *,
    spread: float,
    sizes: Sequence[int] = LOCOMO_SIZES,
    sets: int,
    seed: int = 0,
) -> float:
    """Return the share of simulated data sets whose interval contains the true value."""
    covered = 0
    for row in right_answers(truth, spread, sizes, sets, seed).tolist():
        pairs = zip(row, sizes, strict=True)
        values = {str(c): [1.0] * k + [0.0] * (n - k) for c, (k, n) in enumerate(pairs)}
        interval = interval_of(values)
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    return covered / sets


def _middle(truth: float, spread: float) -> float:
    """Return the mean of normal logits for which the mean chance is `truth`."""
    from scipy.optimize import brentq  # type: ignore[import-untyped, unused-ignore]
    from scipy.special import expit

    points, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()

    def distance(middle: float) -> float:
        return float((weights * expit(middle + spread * points)).sum() - truth)

    return float(brentq(distance, -20, 20))


def main() -> None:
    """Print a table with the coverage of both intervals for each true value and spread."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sets", type=int, default=1000, help="data sets for each line")
    sets = parser.parse_args().sets
    error = (0.95 * 0.05 / sets) ** 0.5
    print(f"nominal 0.95; standard error of each figure {error:.3f}; {sets} data sets each")
    print(f"{'spread':>6} {'truth':>6} {'logit':>6} {'plain t':>8}")
    for spread in SPREADS:
        for truth in TRUTHS:
            found = [
                coverage(method, truth, spread=spread, sets=sets)
                for method in (mean_interval, difference_interval)
            ]
            print(f"{spread:>6} {truth:>6} {found[0]:>6.3f} {found[1]:>8.3f}", flush=True)


if __name__ == "__main__":
    main()

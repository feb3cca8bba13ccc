"""95 % intervals of means over conversations, as docs/scores.md describes them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from scipy import stats

__all__ = ["interval"]


def interval(values: pd.Series, conversations: pd.Series, low: float, high: float) -> Any:
    """Return the 95 % interval of a mean over conversations, on the logit scale.

    With values between 0 and 1 after scaling: a clustered t interval of the mean, with half a
    question added on each side in proportion to the variance, as docs/scores.md describes.
    """
    y = ((values - low) / (high - low)).clip(0, 1)
    groups = y.groupby(conversations)
    count, mean, clusters = len(y), y.mean(), groups.ngroups
    if clusters < 2:
        return None, None
    sums = groups.sum() - groups.count() * mean
    error = math.sqrt(clusters / (clusters - 1) * (sums**2).sum()) / count
    if error <= 1e-12:
        ends = wilson(min(count, max(0.0, y.sum())), count)
    else:
        share = min(1.0, ((y - mean) ** 2).sum() / (count * mean * (1 - mean)))
        centre = (count * mean + share / 2) / (count + share)
        spread = math.sqrt(((y - mean) ** 2).sum()) / count
        reach = max(stats.t.ppf(0.975, clusters - 1) * error, 0.25 * stats.norm.ppf(0.975) * spread)
        step = reach / (centre * (1 - centre))
        middle = math.log(centre / (1 - centre))
        ends = tuple(1 / (1 + math.exp(-x)) for x in (middle - step, middle + step))
    return tuple(low + (high - low) * end for end in ends)


def wilson(successes: float, count: int) -> tuple[float, float]:
    """Return Wilson's interval of a proportion."""
    z = stats.norm.ppf(0.975)
    share = successes / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = (
        z * math.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    )
    return max(0.0, centre - reach), min(1.0, centre + reach)

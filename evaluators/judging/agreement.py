"""Measures how far two judges agree beyond chance: Cohen's kappa, with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum, sqrt
from typing import Any

from locomo_vqa.scores import Interval
from locomo_vqa.statistics.intervals import student_t_quantile

from .judge import Judgement

__all__ = ["Agreement", "agreement", "cohen_kappa", "kappa_interval"]

_LEVEL = 0.95
_ROUNDING = 1e-12
_Pair = tuple[bool, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The agreement of two judges on the same answers."""

    judges: tuple[str, str]
    """The judges' names."""
    n: int
    """The number of answers with a verdict from both judges."""
    left_out: int
    """The number of answers that lack a verdict from at least one judge."""
    agree: int
    """The number of answers with the same verdict from both judges."""
    kappa: float | None
    """Cohen's kappa; None if undefined, because both judges always give the same verdict."""
    interval: Interval | None
    """Kappa's interval; None with fewer than two conversations, or if it can't be computed."""
    disagreements: tuple[tuple[str, str, str], ...]
    """The question id, the first judge's verdict, and the second judge's, for each."""

    def to_json(self) -> dict[str, Any]:
        """Return the agreement as JSON values."""
        return {
            **asdict(self),
            "disagreements": [
                {"question_id": question, "verdicts": list(verdicts)}
                for question, *verdicts in self.disagreements
            ],
        }


def agreement(
    names: tuple[str, str],
    first: Sequence[Judgement],
    second: Sequence[Judgement],
    conversations: Mapping[str, str],
) -> Agreement:
    """Compare two judges' judgements of the same answers.

    Args:
        conversations: each question's conversation, by id.
    """
    other = {judgement.id: judgement for judgement in second}
    pairs: dict[str, list[_Pair]] = {}
    differ: list[tuple[str, str, str]] = []
    left_out = 0
    for one in first:
        two = other[one.id]
        if "unscored" in (one.state, two.state):
            left_out += 1
            continue
        pair = (one.state == "correct", two.state == "correct")
        pairs.setdefault(conversations[one.id], []).append(pair)
        if one.state != two.state:
            differ.append((one.id, one.state, two.state))
    n = sum(map(len, pairs.values()))
    return Agreement(
        judges=names,
        n=n,
        left_out=left_out,
        agree=n - len(differ),
        kappa=cohen_kappa([pair for group in pairs.values() for pair in group]),
        interval=kappa_interval(pairs),
        disagreements=tuple(differ),
    )


def cohen_kappa(pairs: Sequence[_Pair]) -> float | None:
    """Return kappa for two raters' verdicts, or None if chance alone makes them agree.

    Kappa is (p - e) / (1 - e), where p is the share of equal verdicts, and e is the share expected
    if each rater gave verdicts at random, with its own rate of positive ones.

    Source: J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and
    Psychological Measurement 20, 1960, pages 37-46.
    """
    n = len(pairs)
    first = sum(one for one, _ in pairs)
    second = sum(two for _, two in pairs)
    chance = first * second + (n - first) * (n - second)
    if chance == n * n:
        return None
    equal = sum(one == two for one, two in pairs)
    return (n * equal - chance) / (n * n - chance)


def kappa_interval(pairs_by_cluster: Mapping[str, Sequence[_Pair]]) -> Interval | None:
    """Return a 95 % interval for kappa over all pairs, or None if it is undefined.

    It is undefined too if kappa is the same whichever conversation is left out, as when two judges
    always agree: such a sample has no spread, which doesn't make kappa certain.

    The standard error is a jackknife estimate, leaving out one conversation at a time. The interval
    is kappa plus or minus the standard error times the quantile of Student's t, whose degrees of
    freedom are the number of conversations minus one, clipped to -1 and 1.

    Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11,
    with conversations instead of individual observations.
    """
    clusters = [list(pairs) for pairs in pairs_by_cluster.values() if pairs]
    whole = cohen_kappa([pair for pairs in clusters for pair in pairs])
    if len(clusters) < 2 or whole is None:
        return None
    without = [
        cohen_kappa([pair for other in clusters if other is not left for pair in other])
        for left in clusters
    ]
    values = [value for value in without if value is not None]
    if len(values) < len(without):
        return None
    count = len(values)
    mean = fsum(values) / count
    error = sqrt((count - 1) / count * fsum((value - mean) ** 2 for value in values))
    if error <= _ROUNDING:
        return None
    reach = student_t_quantile((1 + _LEVEL) / 2, count - 1) * error
    return Interval(
        low=max(-1.0, whole - reach),
        high=min(1.0, whole + reach),
        level=_LEVEL,
        method="jackknife over conversations, t",
        clusters=count,
    )

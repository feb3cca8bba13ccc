"""How far two judges agree beyond chance: Cohen's kappa, with an interval by conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import fsum, sqrt
from typing import Any

from locomo_vqa.scores import Interval

from ..statistics.intervals import student_t_quantile
from .judge import Judgement

__all__ = ["Agreement", "agreement", "cohen_kappa", "kappa_interval"]

_LEVEL = 0.95
_Pair = tuple[bool, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two judges on the same answers."""

    judges: tuple[str, str]
    """Their names."""
    n: int
    """Answers that both gave a verdict on."""
    left_out: int
    """Answers that one of them gave no verdict on."""
    agree: int
    """Answers with the same verdict from both."""
    kappa: float | None
    """Cohen's kappa; None if it is not defined, because both always say the same one thing."""
    interval: Interval | None
    """Its interval; None with fewer than two conversations, or where it can't be computed."""
    disagreements: tuple[tuple[str, str, str], ...]
    """(question id, first judge's verdict, second judge's verdict)."""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
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
    """Return kappa of two raters' verdicts, or None if chance alone makes them agree.

    Kappa is (p - e) / (1 - e), with p the share of equal verdicts and e what it would be if each
    rater kept its own share of positive verdicts but gave them at random.

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
    """Return a 95 % interval of kappa over all pairs, or None if it is undefined.

    The standard error is the jackknife's, leaving out one conversation at a time; the interval
    is kappa plus and minus it times the quantile of Student's t with one degree of freedom less
    than there are conversations, cut off at -1 and 1.

    Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 11,
    with conversations instead of single observations.
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
    reach = student_t_quantile((1 + _LEVEL) / 2, count - 1) * error
    return Interval(
        low=max(-1.0, whole - reach),
        high=min(1.0, whole + reach),
        level=_LEVEL,
        method="jackknife over conversations, t",
        clusters=count,
    )

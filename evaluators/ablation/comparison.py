"""Compares a system's answers with the image itself with those of another run, by image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, fsum
from statistics import fmean
from typing import Literal

from locomo_vqa.exact_match import exact_match
from locomo_vqa.intervals import normal_quantile
from locomo_vqa.scores import Interval
from locomo_vqa.statistics.mean_intervals import difference_interval

from .coin_test import coin_test

__all__ = ["Comparison", "PairedAnswer"]

_V = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedAnswer:
    """What a system answered to one visual question with three images."""

    question: str
    """The question's id."""
    conversation: str
    """The conversation's id."""
    image: str
    """The SHA-256 of the image that the question is about."""
    gold: str
    """The gold answer."""
    own: str | None
    """The answer when that image was shown; None without one."""
    other: str | None
    """The answer when another image was shown in its place; None without one."""
    caption: str | None
    """The answer when its caption was shown; None without one."""

    @property
    def answered(self) -> bool:
        """Whether there are answers with both images."""
        return self.own is not None and self.other is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Answers with the image against those in another run, where both exist."""

    own: float
    """V with the image."""
    against: float
    """V in the other run."""
    differences: Mapping[str, Sequence[int]]
    """By conversation and image, 1 for each question gained with the image and -1 for each lost."""
    conversations: Mapping[str, int]
    """By conversation, how many more questions are right with the image."""

    @classmethod
    def of(cls, asked: Sequence[PairedAnswer], which: Literal["other", "caption"]) -> Comparison:
        """Compare the questions that have an answer in both."""
        own, against = [], []
        differences: dict[str, list[int]] = {}
        conversations: dict[str, int] = {}
        for each in asked:
            baseline = each.other if which == "other" else each.caption
            if each.own is None or baseline is None:
                continue
            own.append(exact_match(each.own, each.gold))
            against.append(exact_match(baseline, each.gold))
            gain = int(own[-1]) - int(against[-1])
            differences.setdefault(f"{each.conversation}/{each.image}", []).append(gain)
            name = each.conversation
            conversations[name] = conversations.get(name, 0) + gain
        return cls(
            own=_V * fmean(own) if own else 0.0,
            against=_V * fmean(against) if against else 0.0,
            differences=differences,
            conversations=conversations,
        )

    @property
    def questions(self) -> int:
        """The number of questions compared."""
        return sum(map(len, self.differences.values()))

    @property
    def sums(self) -> list[int]:
        """The difference of each image: how many more of its questions are right."""
        return [sum(values) for values in self.differences.values()]

    @property
    def difference(self) -> float:
        """V with the image minus V in the other run."""
        return self.own - self.against

    @property
    def p(self) -> float:
        """The exact one-sided p-value of sign flips of images; see `coin_test`."""
        return coin_test(self.sums)

    @property
    def interval(self) -> Interval | None:
        """The difference's interval, clustered by image; None with one image."""
        points = {
            name: [_V * value for value in values] for name, values in self.differences.items()
        }
        return difference_interval(points, width=_V)

    def questions_needed(self, *, level: float, power: float) -> int | None:
        """About how many questions would show this difference; None if it isn't above 0."""
        total = sum(self.sums)
        if total <= 0:
            return None
        quantiles = normal_quantile(1 - level) + normal_quantile(power)
        spread = fsum(each**2 for each in self.sums)
        return ceil(self.questions * quantiles**2 * spread / total**2)

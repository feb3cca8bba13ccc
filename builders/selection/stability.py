"""How sure a choice of question types is, by resampling the images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import comb
from statistics import fmean
from typing import TYPE_CHECKING

from locomo_vqa.benchmark import QUESTION_TYPES, QuestionType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RESAMPLES", "Outcomes", "choice_stability"]

RESAMPLES = 2000
"""The number of bootstrap samples of images behind `Selection.stability`."""

Outcomes = Mapping[QuestionType, Mapping[str, bool]]
"""By type, then by image: whether the validator erred."""


def choice_stability(
    outcomes: Outcomes, chosen: Sequence[QuestionType], keep: int, fewest: int
) -> float:
    """Resample the images with replacement, and return how often the choice is the same.

    A tie is not decided by the order of the types: of t types that tie for s places, each set of s
    is as likely as any other. If no type ever errs, all choices are equally likely.
    """
    import numpy as np

    types = [type for type in QUESTION_TYPES if len(outcomes.get(type, {})) >= fewest]
    images = sorted({image for type in types for image in outcomes[type]})
    row_of = {image: number for number, image in enumerate(images)}
    errors = np.zeros((len(images), len(types)))
    asked = np.zeros((len(images), len(types)))
    for column, type in enumerate(types):
        for image, erred in outcomes[type].items():
            asked[row_of[image], column] = 1
            errors[row_of[image], column] = erred
    weights = np.random.default_rng(0).multinomial(
        len(images), np.full(len(images), 1 / len(images)), size=RESAMPLES
    )
    totals = weights @ asked
    rates = np.where(totals > 0, (weights @ errors) / np.maximum(totals, 1), -1.0)
    wanted = np.array([type in chosen for type in types])
    return fmean(_chance_of_choice(row, wanted, keep) for row in rates)


def _chance_of_choice(rates: NDArray[np.float64], wanted: NDArray[np.bool_], keep: int) -> float:
    """Return the chance that the `keep` highest rates are those wanted, ties being drawn by lot."""
    least = sorted(rates, reverse=True)[keep - 1]
    above, tied = rates > least, rates == least
    if (above & ~wanted).any() or (wanted & ~(above | tied)).any():
        return 0.0
    return 1 / comb(int(tied.sum()), keep - int(above.sum()))

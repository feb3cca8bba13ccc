"""Whether an answer counts as right in the question browser: by V, by J, or else by F1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .score_matrix import ScoreMatrix

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Verdicts"]

_HALF = 0.5
"""The F1 from which an answer counts as right where no judge gave a verdict."""
_DIGITS = 3


class Verdicts:
    """Every answer's verdict: 1 is right, 0 is wrong, and NaN is not known."""

    def __init__(self, scores: ScoreMatrix) -> None:
        import numpy as np

        values, self._f1 = scores.values, scores.values["f1"]
        verdicts = np.where(np.isnan(values["v"]), values["j"], values["v"])
        judged = ~np.isnan(verdicts)
        self._values: NDArray[np.float32] = np.where(judged, verdicts >= 50, self._f1 >= _HALF)
        self._values[np.isnan(verdicts) & np.isnan(self._f1)] = np.nan
        text = ~np.isnan(self._f1)
        self.judged = bool(judged[text].all())
        """Whether every answer to a text question has a judge's verdict."""

    def of(self, question: int) -> list[int | None]:
        """Return every entry's verdict on its answer to a question."""
        column = self._values[:, question].tolist()
        return [None if value != value else int(value) for value in column]

    def overlap(self, question: int) -> list[float | None]:
        """Return F1 of every entry's answer to a question; None for visual questions."""
        column = self._f1[:, question].tolist()
        return [None if value != value else round(value, _DIGITS) for value in column]

    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many answers to each question are right, and how many are wrong."""
        return (self._values == 1).sum(axis=0), (self._values == 0).sum(axis=0)

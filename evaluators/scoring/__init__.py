"""Scores predictions with a fixed denominator: missing answers count, and are reported.

scorer.py        `score`, which everything else here serves
sources.py       what can be scored: runs, files, and predictions in hand (`given.py`)
predictions.py   predictions to values, metric by metric
report.py        `ScoreReport`, its files, and its table (`table.py`)
notes.py         what a reader should know; warnings.py: what looks wrong
"""

from .report import ScoreReport
from .scorer import score

__all__ = ["ScoreReport", "score"]

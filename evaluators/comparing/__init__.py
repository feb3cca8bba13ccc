"""Compares systems with a baseline on the same questions.

comparer.py      `compare`, which everything else here serves
sides.py         one system's value of every question: stored, or scored now
differences.py   the differences by metric, system and group
comparison.py    `Comparison`, which holds and shows them; metric_comparison.py: one metric's
forest_plot.py   the differences as a figure
"""

from .comparer import compare
from .comparison import Comparison

__all__ = ["Comparison", "compare"]

"""Compares systems with a baseline on the same questions.

comparer.py      `compare`, the entry point
sides.py         one system's value for every question, stored or computed now
differences.py   the differences by metric, system and group
comparison.py    `Comparison`, the result; metric_comparison.py: its entry for one metric
overview.py      systems by metrics
forest_plot.py   the differences as a figure; figures.py: the style of figures
page.py          everything as a page
"""

from .comparer import compare
from .comparison import Comparison

__all__ = ["Comparison", "compare"]

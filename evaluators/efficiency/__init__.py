"""Measures what the models of a run cost: size on disk, tokens and seconds.

report.py    `efficiency`, the entry point
measure.py   the figures of one run, by stage (`figures.py`) and in all (`totals.py`)
calls.py     the calls that a run recorded; `phases.py` knows which of them read
"""

from .report import EfficiencyReport, efficiency

__all__ = ["EfficiencyReport", "efficiency"]

"""Shows score against cost over some runs, and which of them other runs dominate.

api.py         `frontier`, the entry point
costs.py       what a run cost: tokens, price or time for a question
dominance.py   which runs are dominated, and whether that is more than chance
result.py      `Frontier`, the result; compared_runs.py: what it knows of each run
plot.py        the runs as a figure
"""

from .api import frontier
from .result import Frontier

__all__ = ["Frontier", "frontier"]

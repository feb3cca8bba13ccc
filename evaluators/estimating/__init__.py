"""Says what a run will cost, from two of its conversations.

api.py      `estimate_run`, the entry point
sample.py   the two conversations, and the questions to ask
sizes.py    what a conversation's sessions are made of
seen.py     what the calls of each session and question were, by the run's own files
growth.py   how a figure grows with the sessions of a conversation
project.py  from what was seen to the whole run
money.py    prices of tokens by stage
result.py   `RunEstimate`
"""

from .api import estimate_run
from .result import RunEstimate

__all__ = ["RunEstimate", "estimate_run"]

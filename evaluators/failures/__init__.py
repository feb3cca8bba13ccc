"""Says why each wrong answer is wrong: which step of a memory system lost it.

attribute.py     one cause for every wrong answer of a run or a predictions file
wrong.py         which answers are wrong, and by whose verdict
text_cause.py    the cause of a wrong answer about what was said
visual_cause.py  the cause of a wrong answer about an image
right.py         whether an answer is right by strict rules
needs.py         what a text must say so that a question can be answered from it
about.py         what a question is about; holding.py: which texts say what it needs
content.py       words, names and numbers in a text; time_spans.py: days, also relative ones
records.py       what a system's own record says that it stored
passages.py      what the retrieved passages show
report.py        `FailureReport`, its rows and counts; causes.py: the vocabulary
"""

from .attribute import find_failures
from .causes import CAUSES, STAGES, Cause, Stage
from .report import Failure, FailureReport

__all__ = [
    "CAUSES",
    "STAGES",
    "Cause",
    "Failure",
    "FailureReport",
    "Stage",
    "find_failures",
]

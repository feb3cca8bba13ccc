"""The self-test of an adapter, before money is spent on a run.

script.py            the words and names of the conversations, new each time
fixtures.py          small conversations, with facts and images
trial.py             one conversation with the system: every call timed, every reply kept
traces.py            finds files outside the work folders that have these words
opener.py            the conversations' hosts, folders and services
gathering.py         all conversations, one after the other
observations.py      what was seen of them
result.py            the result of one check
ingest_checks.py     checks of opening, reading, and flushing
memory.py            checks of what is remembered, and when it happened
answer_checks.py     checks of answers, of images, and of what asking changes
fault_checks.py      checks of what a system does when its model fails, and of what it asks
isolation_checks.py  checks of other conversations and of what is left behind
checker.py           all checks, and the report
api.py               the function `check`
"""

from .api import check
from .checker import CheckReport, check_system
from .result import CheckResult, CheckState
from .trial import CallTimes

__all__ = ["CallTimes", "CheckReport", "CheckResult", "CheckState", "check", "check_system"]

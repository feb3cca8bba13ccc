"""Runs the rows of the MemLoRA paper's tables, and sets its figures beside those of the runs.

paper.py        the tables, as facts: `paper.json`; its models and their servers
choices.py      which model takes the part of each of the paper's
plan.py         what each row runs; a `Step` is a call of the library, and a command
row_plan.py     the plan of a row
row_problems.py why a row can't run
preparation.py  what must be there before
counting.py     what the rows will cost, by arithmetic
rows.py         runs a row, and reads its figures; execution.py: all rows
spending.py     what all rows may cost together
finished.py     which steps were made, so that they need no server again
result.py       the table, of rows in reproduced_row.py
stand_ins.py    what takes the part of the paper's models in the embedded table
deviations.py   where the runs differ from the paper, by name: `deviations.json`
"""

from .api import reproduce
from .result import Reproduction

__all__ = ["Reproduction", "reproduce"]

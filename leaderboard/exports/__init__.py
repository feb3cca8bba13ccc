"""Writes a verified board's entries in the formats of others.

every_eval.py      Every Eval Ever 0.3.0: a record and its samples for each entry
                   (`identity.py`: ids; `aggregate.py`: the record; `samples.py`: a row a question
                   and metric; `judge.py`: who judged)
eval_results.py    `.eval_results/*.yaml` of a model's repository on the Hugging Face Hub
"""

from __future__ import annotations

from .eval_results import export_eval_results
from .every_eval import export_records

__all__ = ["export_eval_results", "export_records"]

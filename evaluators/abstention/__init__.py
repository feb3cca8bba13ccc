"""A: whether a system declines where nothing is to be found, and only there.

declining.py   rules that recognise an answer that declines (`phrases.py`, `phrasings.jsonl`)
outcomes.py    the outcome of each question: right, declined, trap, other, or no answer
balance.py     A and its intervals, from the outcome of the questions
curve.py       A over thresholds of the system's own confidence
measure.py     all of this for the predictions of a run
"""

from .declining import declines
from .measure import AbstentionMeasure, measure_abstention

__all__ = ["AbstentionMeasure", "declines", "measure_abstention"]

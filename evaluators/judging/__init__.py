"""J: a judge model compares answers with gold answers, and is itself measured.

rubrics.py       what a judge is asked, and how the texts are quoted
replies.py       what its reply says
judge.py         one answer, judged; the judge is asked again where the reply can't be read
session.py       a judge opened behind the response store, and many answers judged
verdicts.py      verdicts as the metric J
agreement.py     how far two judges agree
cases.py         answers whose verdict is known by construction (`rewriting.py`, `injections.py`)
check.py         a judge measured on them (`rates.py`)
measurement.py   `judge_check`, the same for a program or a notebook
scoring.py       all of it, for `score` (`settings.py`)
"""

from .measurement import JudgeCheck, judge_check

__all__ = ["JudgeCheck", "judge_check"]

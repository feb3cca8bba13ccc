"""J: a judge model compares answers with gold answers, and is itself measured.

rubrics.py       a judge's prompt, and how it quotes the texts (`rubric_files.py`: a user's own)
replies.py       reads a judge's reply
judge.py         judges one answer; the judge is asked again if its reply can't be read
session.py       a judge opened behind the response store, and many answers judged
verdicts.py      verdicts as the metric J
agreement.py     how far two judges agree
cases.py         answers whose verdict is known by construction (`rewriting.py`, `injections.py`)
check.py         a judge measured on them (`rates.py`)
measurement.py   `judge_check`, the same for programs and notebooks
scoring.py       all of this, for `score` (`settings.py`)
"""

from .measurement import JudgeCheck, judge_check

__all__ = ["JudgeCheck", "judge_check"]

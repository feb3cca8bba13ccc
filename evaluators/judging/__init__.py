"""J: a judge model compares answers with gold answers, and is itself measured.

rubrics.py     what a judge is told, and how the texts are fenced
replies.py     what its reply says
judge.py       one answer, judged: asked again where the reply can't be read
session.py     a judge opened behind the response store, and many answers judged
verdicts.py    verdicts as the metric J
agreement.py   how far two judges agree
cases.py       answers whose verdict is known by construction (`rewriting.py`, `injections.py`)
check.py       a judge measured on them
scoring.py     all of it, for `locomo-vqa score`
showing.py     tables and sentences of it
"""

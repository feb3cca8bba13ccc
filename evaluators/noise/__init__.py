"""How much of a score is noise: the section `noise` of scores.json.

section.py   the variance of each metric's score, in parts, from several runs of one system
wording.py   the parts and what can't be separated, in words
"""

from .section import RepeatedRun, noise_section

__all__ = ["RepeatedRun", "noise_section"]

"""The self-test of an adapter: what `locomo-vqa check` tells a system, asks it, and looks at.

world.py      the small conversations, with their facts and pictures
trial.py      one conversation with the system: every call timed, every reply kept
evidence.py   all conversations, and what was seen of them
points.py     what a point of the test is, and what becomes of it
reading.py    points about opening, reading and flushing
memory.py     points about what is remembered, and when
asking.py     points about answers, pictures in answers, and what asking changes
apart.py      points about other conversations and about what is left behind
checker.py    all of it
"""

from .checker import Checked, check_system
from .result import Point, PointState
from .trial import CallTimes

__all__ = ["CallTimes", "Checked", "Point", "PointState", "check_system"]

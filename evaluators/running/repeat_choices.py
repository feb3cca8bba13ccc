"""What each repeat of a run makes again."""

from __future__ import annotations

from typing import Literal

__all__ = ["RepeatFrom"]

RepeatFrom = Literal["memory", "answers"]
"""What each repeat makes again:

memory    everything: conversations are read again, and questions are asked again
answers   questions are asked again; what the endpoint replied while conversations were read is
          replayed from the first repeat
"""

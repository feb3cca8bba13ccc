"""Measures how long a model in this process works on its replies.

A batch is answered as a whole. Its wall time, from the prompts' tokens to the replies' words, is
divided equally among its requests: a reply's seconds are its share of the model's work, and their
sum is the time that the model was busy. They are not the time that a caller waited.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from locomo_vqa.models.chat import ChatReply, ChatRequest, ModelError

__all__ = ["timed"]

_Outcomes = Sequence[ChatReply | ModelError]


def timed(
    work: Callable[[Sequence[ChatRequest]], _Outcomes],
) -> Callable[[Sequence[ChatRequest]], _Outcomes]:
    """Wrap `work` so that each reply has its share of the batch's seconds, and the batch's size."""

    def measured(requests: Sequence[ChatRequest]) -> _Outcomes:
        begun = time.perf_counter()
        outcomes = work(requests)
        share = (time.perf_counter() - begun) / max(1, len(requests))
        return [
            replace(outcome, seconds=share, batch=len(requests))
            if isinstance(outcome, ChatReply)
            else outcome
            for outcome in outcomes
        ]

    return measured

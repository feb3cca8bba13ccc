"""The stages of a distillation."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["DISTILL_STAGES", "DistillStage"]

DistillStage = Literal["memories", "answers", "adapter"]
"""A stage and its result:

memories   the teacher reads every conversation
answers    it answers the questions of the train split, and its good answers are kept
adapter    the student is trained on these answers
"""
DISTILL_STAGES: tuple[DistillStage, ...] = get_args(DistillStage)

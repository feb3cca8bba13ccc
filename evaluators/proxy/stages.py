"""The stages of a memory system, whose calls are counted separately."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["CALL_STAGES", "CallStage"]

CallStage = Literal["extraction", "update", "generation", "judge", "vision", "embedding", "llm"]
"""The purpose of a call:

extraction   facts are extracted from turns
update       facts are merged with known ones
generation   a question is answered
judge        an answer is judged
vision       an image is looked at
embedding    texts are embedded
llm          not specified by the system
"""
CALL_STAGES: tuple[CallStage, ...] = get_args(CallStage)

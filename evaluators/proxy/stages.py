"""What a call is for: the stages of a memory system, which are counted separately."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["CALL_STAGES", "CallStage"]

CallStage = Literal["extraction", "update", "generation", "judge", "vision", "embedding", "llm"]
"""Why a system asks a model:

extraction   facts are taken out of what was said
update       facts are merged with those that were known
generation   a question is answered
judge        an answer is judged
vision       an image is looked at
embedding    texts are made into vectors
llm          the system does not say
"""
CALL_STAGES: tuple[CallStage, ...] = get_args(CallStage)

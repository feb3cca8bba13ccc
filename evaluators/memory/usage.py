"""Counts what each stage of the pipeline costs: calls, tokens and characters.

The figures match the columns of tables A6 and A7 in MemLoRA's appendix A (arXiv 2512.04763).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from locomo_vqa.runs import Usage

if TYPE_CHECKING:
    from ..proxy.model_calls import ModelCalls
    from ..proxy.stages import CallStage

__all__ = ["PipelineUsage", "StageUsage"]


@dataclass(slots=True)
class StageUsage:
    """The totals over the calls of one stage."""

    calls: int = 0
    """Requests that got a reply, including repeated requests."""
    counted: int = 0
    """Calls for which the model reported both token counts."""
    input_tokens: int = 0
    """Tokens sent in the counted calls."""
    output_tokens: int = 0
    """Tokens received in the counted calls."""
    input_characters: int = 0
    """Characters in all prompts, without images."""
    output_characters: int = 0
    """Characters in all replies."""

    def add(self, usage: Usage, *, sent: int, received: int) -> None:
        """Add one call; `sent` and `received` are numbers of characters."""
        self.calls += 1
        self.input_characters += sent
        self.output_characters += received
        if usage.input_tokens is not None and usage.output_tokens is not None:
            self.counted += 1
            self.input_tokens += usage.input_tokens
            self.output_tokens += usage.output_tokens

    def to_json(self) -> dict[str, Any]:
        """Return the totals and the means per call; tokens are None if no call was counted."""
        return {
            "calls": self.calls,
            "counted_calls": self.counted,
            "input_tokens": self.input_tokens if self.counted else None,
            "output_tokens": self.output_tokens if self.counted else None,
            "input_tokens_a_call": _rounded_mean(self.input_tokens, self.counted),
            "output_tokens_a_call": _rounded_mean(self.output_tokens, self.counted),
            "input_characters_a_call": _rounded_mean(self.input_characters, self.calls),
            "output_characters_a_call": _rounded_mean(self.output_characters, self.calls),
        }


class PipelineUsage:
    """The usage of every stage that made a call."""

    def __init__(self, calls: ModelCalls | None = None) -> None:
        """Start at zero; `calls` records each call that the metering proxy does not see."""
        self.calls = calls
        self._stages: dict[CallStage, StageUsage] = {}

    def add(self, stage: CallStage, usage: Usage, *, sent: int, received: int) -> None:
        """Add one call of a stage; `sent` and `received` are numbers of characters."""
        self._stages.setdefault(stage, StageUsage()).add(usage, sent=sent, received=received)

    def to_json(self) -> Mapping[str, Any]:
        """Return the usage by stage."""
        return {stage: usage.to_json() for stage, usage in self._stages.items()}


def _rounded_mean(total: int, count: int) -> float | None:
    return round(total / count, 2) if count else None

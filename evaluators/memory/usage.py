"""Counts what each stage costs, as the tables A6 and A7 of MemLoRA's appendix A do."""

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
    """What the calls of one stage come to."""

    calls: int = 0
    """Requests that were answered, those that were made again with them."""
    counted: int = 0
    """Those of which the model said both token counts."""
    input_tokens: int = 0
    """EncodedExample that these sent."""
    output_tokens: int = 0
    """EncodedExample that these received."""
    input_characters: int = 0
    """Characters of all prompts, without pictures."""
    output_characters: int = 0
    """Characters of all replies."""

    def add(self, usage: Usage, *, asked: int, replied: int) -> None:
        """Count one call; `asked` and `replied` are characters."""
        self.calls += 1
        self.input_characters += asked
        self.output_characters += replied
        if usage.input_tokens is not None and usage.output_tokens is not None:
            self.counted += 1
            self.input_tokens += usage.input_tokens
            self.output_tokens += usage.output_tokens

    def to_json(self) -> dict[str, Any]:
        """Return the sums and the means a call; tokens are null where no call was counted."""
        return {
            "calls": self.calls,
            "counted_calls": self.counted,
            "input_tokens": self.input_tokens if self.counted else None,
            "output_tokens": self.output_tokens if self.counted else None,
            "input_tokens_a_call": _mean(self.input_tokens, self.counted),
            "output_tokens_a_call": _mean(self.output_tokens, self.counted),
            "input_characters_a_call": _mean(self.input_characters, self.calls),
            "output_characters_a_call": _mean(self.output_characters, self.calls),
        }


class PipelineUsage:
    """A tally for each stage that was used."""

    def __init__(self, calls: ModelCalls | None = None) -> None:
        """Count; `calls` writes down each call that goes past the metering proxy."""
        self.calls = calls
        self._tallies: dict[CallStage, StageUsage] = {}

    def add(self, stage: CallStage, usage: Usage, *, asked: int, replied: int) -> None:
        """Count one call of a stage."""
        self._tallies.setdefault(stage, StageUsage()).add(usage, asked=asked, replied=replied)

    def to_json(self) -> Mapping[str, Any]:
        """Return the tallies by stage."""
        return {stage: tally.to_json() for stage, tally in self._tallies.items()}


def _mean(total: int, count: int) -> float | None:
    return round(total / count, 2) if count else None

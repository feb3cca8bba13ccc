"""The plan of a row: its steps, and what they need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..metrics.l_settings import Preset
from .choices import Choice, is_named_as
from .paper import PaperRow, load_paper
from .steps import Step

__all__ = ["RowPlan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPlan:
    """What a row runs."""

    row: PaperRow
    """The row of the paper."""
    steps: Sequence[Step]
    """The calls, in order."""
    models: Sequence[Choice]
    """The models that it needs; the one that answers is the first."""
    folder: Path
    """The run folder."""
    benchmark: str
    """The benchmark that is asked."""
    judge: str | None
    """The judge; None if none is given, or the table has no scores."""
    l_preset: Preset
    """The encoder of BERTScore in L."""
    problem: str | None
    """Why it can't run; None if it can."""
    remedy: str | None
    """What makes it run, in a sentence; None if it can, or if a model is not given."""

    @property
    def is_papers(self) -> bool:
        """Whether its models are the paper's."""
        return all(choice.is_papers for choice in self.models)

    @property
    def has_papers_judge(self) -> bool:
        """Whether its judge is the paper's."""
        return self.judge is not None and is_named_as(load_paper().judge, self.judge)

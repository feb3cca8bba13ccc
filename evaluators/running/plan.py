"""What a run asks of a system, and the places where its conversations may be run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from locomo_vqa.benchmark import Benchmark
from locomo_vqa.benchmark.questions import Question
from locomo_vqa.budget import Budget
from locomo_vqa.runs import ImageMode, SplitChoice, VisualMode
from locomo_vqa.system import Services

from ..hosting import DEFAULT_LIMITS, Limits
from ..hosting.sandbox import SandboxTool
from ..loading import LoadedSystem
from .cancellation import CancelScope
from .crossing import Crossing
from .outcomes import RecordedOutcomes

__all__ = ["MakePlace", "Place", "Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of one system on one split of a benchmark, and how."""

    system: LoadedSystem
    benchmark: Benchmark
    split: SplitChoice
    images: ImageMode
    services: Services
    """The services that the system gets, as recorded in run.json."""
    out: Path
    visual: VisualMode = "given"
    twins: bool = False
    """Whether visual twins are asked among the visual questions."""
    limits: Limits = DEFAULT_LIMITS
    """The limits of one conversation."""
    jobs: int = 1
    """The number of conversations that run at once."""
    limit: int | None = None
    """For a trial, the number of questions to ask of each conversation."""
    top_k: int = 10
    """The number of passages to request from a retrieval-only system."""
    crossing: Crossing | None = None
    """What the mode crossed shows; None in every other mode."""
    sandbox: SandboxTool | None = None
    """What closes the system's processes off; None if nothing does."""
    services_for: Callable[[str], Services] | None = None
    """Returns one conversation's services, instead of `services`, by the conversation's id; called
    from several threads if conversations run concurrently."""
    repeat: Mapping[str, Any] | None = None
    """Which of several runs it is, for run.json; None for a single run."""
    has_read: Callable[[str], None] = lambda conversation: None
    """Called with a conversation's id when it has been read, before its first question."""
    requests_of: Callable[[str], Mapping[str, Mapping[str, int]]] | None = None
    """Returns a conversation's `requests` and `lost` ones by stage, for the journal."""
    budget: Budget = field(default_factory=Budget)
    """What the calls may cost; a conversation ends when one of its calls is refused."""


class Place(Protocol):
    """Where the conversations of a run are run; a context manager."""

    @property
    def jobs(self) -> int:
        """The number of conversations that run at once."""

    def converse(
        self, name: str, questions: Sequence[Question], outcomes: RecordedOutcomes
    ) -> bool:
        """Run one conversation; callable from several threads.

        Returns:
            Whether every question was asked; False if the budget refused a call.

        Raises:
            as `ConversationRun.run`.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class MakePlace(Protocol):
    """Makes the place for a run, whose paths are absolute."""

    def __call__(self, plan: Plan, scope: CancelScope) -> Place:
        """Return a place, which ends everything in it when the scope is cancelled."""

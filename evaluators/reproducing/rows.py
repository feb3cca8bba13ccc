"""Runs the steps of a row, and reads its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from locomo_vqa.errors import BudgetReached, LocomoVqaError, MissingResource
from locomo_vqa.models.call_meter import metering
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.runs import Run, read_run

from ..distilling.memlora.api import distill_memlora
from ..efficiency import EfficiencyReport, efficiency
from ..running import run
from ..scoring import ScoreReport, score
from .finished import FinishedSteps
from .reproduced_row import Figure
from .row_plan import RowPlan
from .spending import Spending, served_by
from .steps import Step

__all__ = ["RowRunner"]

_GIB = 1 << 30
_MEMORY_COLUMNS: Mapping[str, tuple[str, str]] = {
    "input_extraction": ("extraction", "input_tokens"),
    "input_update": ("update", "input_tokens"),
    "output_extraction": ("extraction", "output_tokens"),
    "output_update": ("update", "output_tokens"),
}
_ANSWER_COLUMNS: Mapping[str, str] = {
    "tokens_per_s": "tokens_per_second",
    "tokens_per_answer": "output_tokens",
    "s_per_answer": "seconds",
}


@dataclass(slots=True)
class RowRunner:
    """Runs rows; a step that several of them share is made once."""

    progress: ProgressCallback
    finished: FinishedSteps
    spending: Spending
    _made: dict[str, Any] = field(default_factory=dict)

    def run(self, plan: RowPlan, columns: Sequence[str]) -> tuple[dict[str, Figure], int]:
        """Run a row, or what is left of it, and return its figures, and how many questions failed.

        Raises:
            LocomoVqaError: a step can't be made; finished work is kept.
        """
        failed = 0
        for step in plan.steps:
            made = self._make(step)
            if isinstance(made, Run):
                failed = made.info["counts"]["failed"]
        if isinstance(made, ScoreReport):
            return {name: _score_figure(made, name, plan.judge) for name in columns}, failed
        return {name: _cost_figure(made, name) for name in columns}, failed

    def _make(self, step: Step) -> Any:
        """Return what a step makes; one that failed is not tried again for another row."""
        if step.key not in self._made:
            try:
                self._made[step.key] = self._call(step)
            except LocomoVqaError as error:
                self._made[step.key] = error
                raise
        made = self._made[step.key]
        if isinstance(made, LocomoVqaError):
            raise made
        return made

    def _call(self, step: Step) -> Any:
        named = step.named
        if step.call == "efficiency":
            return efficiency(step.first)
        if step.call == "score":
            with metering(self.spending, "score"):
                report = score(step.first, progress=self.progress, **named)
            report.write()
            if not report.unscored:
                self.finished.add(step)
            return report
        if self.finished.has(step) and not step.arguments.get("retry_failed"):
            return read_run(Path(step.arguments["out"])) if step.call == "run" else None
        made = self._ask(step)
        self.finished.add(step)
        return made

    def _ask(self, step: Step) -> Any:
        """Make a step that asks models."""
        if step.call == "run":
            return self._run(step)
        with metering(self.spending, "distill"):
            made = distill_memlora(step.first, progress=self.progress, **step.named)
        if made.failures:
            lost = ", ".join(made.failures)
            raise MissingResource(
                f"The teacher could not read {lost}: {next(iter(made.failures.values()))}",
                "Repeat the command: what was read is kept.",
            )
        return made

    def _run(self, step: Step) -> Any:
        """Ask a run's questions, for what is left of the budget."""
        if not served_by(step):
            return run(step.first, progress=self.progress, **step.named)
        folder, spending = Path(step.arguments["out"]), self.spending
        budget = spending.allowance(folder)
        if spending.budget.reached:
            raise spending.reached()
        try:
            made = run(step.first, progress=self.progress, budget=budget, **step.named)
        except BudgetReached:
            spending.count_run(folder)
            spending.budget.end()
            raise spending.reached() from None
        except LocomoVqaError:
            spending.count_run(folder)
            raise
        spending.count_run(folder)
        return made


def _score_figure(report: ScoreReport, name: str, judge: str | None) -> Figure:
    if name == "j" and judge is None:
        return Figure(value=None, reason="no judge is given")
    if name not in report:
        return Figure(value=None, reason="not computed")
    scores = report[name]
    if scores.state != "ok" or scores.value is None:
        reason = scores.reason or scores.state.replace("_", " ")
        return Figure(value=None, signature=scores.signature, reason=reason.rstrip("."))
    interval = scores.interval
    return Figure(
        value=scores.value,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        signature=scores.signature,
    )


def _cost_figure(report: EfficiencyReport, name: str) -> Figure:
    (measured,) = report.runs
    if name == "size_gib":
        size = measured.size.total
        if size is None:
            return Figure(value=None, reason="the model's files are not on this machine")
        return Figure(value=size / _GIB)
    if name in _ANSWER_COLUMNS:
        figures, field_name = measured.shown, _ANSWER_COLUMNS[name]
    else:
        stage, field_name = _MEMORY_COLUMNS[name]
        figures = measured.stages.get(stage)
    value = None if figures is None else getattr(figures, field_name)
    return Figure(value=value, reason="not counted in this run" if value is None else None)

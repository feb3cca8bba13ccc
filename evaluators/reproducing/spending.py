"""What all rows of a reproduction may cost together: their runs, teachers and judges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from locomo_vqa.budget import Budget, dollars
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.models.call_meter import (
    CallMeter,
    check_spec_priced,
    read_model_calls,
    unpriced_error,
)
from locomo_vqa.prices import PriceTable

from ..running.metering import CALLS_FILE
from ..running.spending import check_counted, count_earlier_calls
from .steps import Step

__all__ = ["Spending", "check_budget_of", "served_by"]

_ASKED = {"run": ("model",), "distill_memlora": ("teacher", "judge"), "score": ("judge",)}
"""The arguments of a step that name the models whose calls are counted."""


def served_by(step: Step) -> list[str]:
    """Return the models at endpoints that a step asks, and whose calls are counted."""
    named = [step.arguments.get(name) for name in _ASKED.get(step.call, ())]
    return [name for name in named if name is not None and name.startswith("openai:")]


class Spending(CallMeter):
    """What everything in a folder has cost, and may cost.

    A run has a list of its calls in its own folder. Those of teachers and judges are in the folder
    of all runs.
    """

    def __init__(self, out: Path, prices: PriceTable, limit: float | None) -> None:
        """Read nothing yet; `out` is the folder of all runs, `limit` in US dollars."""
        busy = "Wait until it has ended, or choose another `out`."
        super().__init__(out / CALLS_FILE, prices, limit, busy=busy)
        self._out = out
        self._runs: dict[str, float] = {}

    def count_earlier(self) -> None:
        """Count what earlier commands have spent, if there is a limit.

        Raises:
            InputError: a list of calls is damaged, or the price of a call is unknown.
        """
        if self.budget.limit is None:
            return
        remedy = "Restore the file as `reproduce` wrote it."
        for call in read_model_calls(self._path, schema="reproduction_call", remedy=remedy):
            self.count(call)
        if self.budget.unpriced is not None:
            raise unpriced_error(f"an earlier call to {self.budget.unpriced}", self.prices)
        for ledger in sorted(self._out.glob(f"runs/*/{CALLS_FILE}")):
            self.count_run(ledger.parent)

    def count_run(self, folder: Path) -> None:
        """Count what the run in a folder has cost by now, if there is a limit.

        Raises:
            InputError: its list of calls is damaged, or the price of a call is unknown.
        """
        if self.budget.limit is None:
            return
        run = Budget(self.budget.limit)
        count_earlier_calls(run, folder / CALLS_FILE, self.prices)
        before = self._runs.get(folder.name, 0.0)
        self.budget.count_earlier(("run", folder.name), run.spent - before)
        self._runs[folder.name] = run.spent

    def allowance(self, folder: Path) -> float | None:
        """Return what the run in a folder may cost in all, its earlier parts included."""
        if self.budget.limit is None:
            return None
        others = self.budget.spent - self._runs.get(folder.name, 0.0)
        return max(0.0, self.budget.limit - others)

    def reached(self) -> BudgetReached:
        """Return the error that ends a row in order."""
        limit, spent = dollars(self.budget.limit or 0), dollars(self.budget.spent)
        return BudgetReached(
            f"The budget of {limit} is used up: {spent} spent on the runs, teachers and judges "
            f"of {self._out}.",
            "Repeat the call with a larger `budget` to go on: nothing is paid for twice.",
        )


def check_budget_of(steps: Sequence[Step], left: Iterable[Step], prices: PriceTable) -> None:
    """Check that a budget for steps, of which some are left, can be kept.

    Raises:
        InputError: no step asks an endpoint, a price is unknown, or calls are not counted.
    """
    left = list(left)
    for step in left:
        embedder = step.arguments.get("options", {}).get("embedder")
        check_counted(embedder, prices, named_by="`embedder`")
    if left and not any(served_by(step) for step in steps):
        raise InputError(
            "`budget`: these rows make no calls to an endpoint.",
            "Leave it out: models in this process cost only time.",
        )
    for step in left:
        for model in served_by(step):
            check_spec_priced(model, prices)

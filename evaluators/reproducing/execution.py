"""Runs the rows that can be run, and keeps what the others lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo_vqa.arguments import check_path
from locomo_vqa.benchmark import load_argument
from locomo_vqa.cluster_address import check_reachable
from locomo_vqa.errors import InputError, LocomoVqaError, OutputError
from locomo_vqa.prices import PriceTable, bundled_prices, read_prices
from locomo_vqa.progress import ProgressCallback
from locomo_vqa.text import counted
from locomo_vqa.workers import connected, parse_workers

from .choices import Choices
from .cost import Cost
from .counting import cost_of
from .finished import FinishedSteps, finished_in
from .paper import load_paper
from .reproduced_row import Figure, ReproducedRow, RowState
from .row_plan import RowPlan
from .rows import RowRunner
from .settings import ReproductionSettings
from .sizes import SplitSizes, has_locomo, locomo_sizes, sizes_of
from .spending import Spending, check_budget_of
from .steps import Step

__all__ = ["Execution"]

_LOCOMO = "LoCoMo (three visual questions for each image address)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The settings of all rows, and the sizes of what they ask."""

    settings: ReproductionSettings
    choices: Choices
    sizes: Mapping[str, SplitSizes]
    counts: str
    """What the sizes were counted in."""
    prices: PriceTable

    @classmethod
    def prepare(cls, settings: ReproductionSettings, choices: Choices) -> Execution:
        """Load the benchmark, if one is named, and the prices.

        Raises:
            InputError: they can't be used.
        """
        prices = settings.prices
        table = bundled_prices() if prices is None else read_prices(check_path("prices", prices))
        named = settings.benchmark or ("sample" if choices.embedded else None)
        if named is None:
            sizes: Mapping[str, SplitSizes] = locomo_sizes()
        else:
            sizes = sizes_of(load_argument(named))
        return cls(
            settings=settings,
            choices=choices,
            sizes=sizes,
            counts=named or _LOCOMO,
            prices=table,
        )

    def run(
        self, plans: Sequence[RowPlan], columns: Sequence[str], progress: ProgressCallback
    ) -> list[ReproducedRow]:
        """Run every row that can be run.

        Raises:
            InputError: no row can be run, or the budget can't be kept.
            OutputError: the folder can't be written.
            MissingResource: the Ray cluster at the address in `workers` can't be used.
            KeyboardInterrupt: it was interrupted; a note says how to continue.
        """
        if plans and all(plan.problem for plan in plans):
            raise InputError(
                f"No row can be run: {plans[0].problem}.",
                plans[0].remedy
                or "Give `models`, or use `embedded`; `dry_run` shows what would run.",
            )
        self._check_cluster(plans)
        self._check_budget(plans)
        try:
            self.settings.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.settings.out}: the folder can't be created ({error.strerror}).",
                "Choose another `out`.",
            ) from None
        rows = []
        spending = Spending(self.settings.out, self.prices, self.settings.budget)
        with FinishedSteps(self.settings.out) as finished, spending:
            spending.count_earlier()
            runner = RowRunner(progress, finished, spending)
            try:
                for number, plan in enumerate(plans):
                    progress("rows", number, len(plans))
                    rows.append(self._run_row(plan, columns, runner))
            except KeyboardInterrupt as error:
                _note_whole_folder(error, self.settings.out)
                raise
        progress("rows", len(plans), len(plans))
        return rows

    def _check_cluster(self, plans: Sequence[RowPlan]) -> None:
        """Check that a cluster can be used, if a run is left for it; none is started for this."""
        workers = parse_workers(self.settings.workers)
        if not workers.ray or not self._runs_left(plans):
            return
        if workers.address is None:
            check_reachable(None)
        else:
            with connected(workers):
                pass

    def _check_budget(self, plans: Sequence[RowPlan]) -> None:
        """Check that a budget can be kept in all that is left."""
        if self.settings.budget is None:
            return
        able = [plan for plan in plans if plan.problem is None]
        left = [step for plan in able for step in self._steps_left(plan)]
        check_budget_of([step for plan in able for step in plan.steps], left, self.prices)

    def _steps_left(self, plan: RowPlan) -> list[Step]:
        return [*plan.steps][len(finished_in(self.settings.out, plan.steps)) :]

    def _runs_left(self, plans: Sequence[RowPlan]) -> list[Step]:
        """Return the runs that rows need and that are not finished."""
        runs = [s for plan in plans if plan.problem is None for s in plan.steps if s.call == "run"]
        return [run for run in runs if not finished_in(self.settings.out, [run])]

    def without_run(self, plan: RowPlan) -> ReproducedRow:
        """Return a row that is not run."""
        reason = ". ".join(filter(None, (plan.problem, plan.remedy)))
        return self._row(plan, "not_run", {}, reason or None)

    def _run_row(self, plan: RowPlan, columns: Sequence[str], runner: RowRunner) -> ReproducedRow:
        if plan.problem is not None:
            return self.without_run(plan)
        try:
            figures, failed = runner.run(plan, columns)
        except LocomoVqaError as error:
            return self._row(plan, "failed", {}, f"{error.message} {error.remedy}")
        expected = [figures[name] for name in columns if name in plan.row.values]
        if failed:
            reason = f"{counted(failed, 'question')} failed, and count as wrong; use `retry_failed`"
            return self._row(plan, "partly", figures, reason)
        whole = all(figure.value is not None for figure in expected)
        return self._row(plan, "filled" if whole else "partly", figures, None)

    def _row(
        self,
        plan: RowPlan,
        state: RowState,
        figures: Mapping[str, Figure],
        reason: str | None,
    ) -> ReproducedRow:
        return ReproducedRow(
            plan=plan,
            cost=self._cost(plan),
            state=state,
            ours=figures,
            reason=reason,
            not_comparable=self._not_comparable(plan) if figures else (),
            other_measures=self._other_measures(plan),
            finished=frozenset(s.key for s in finished_in(self.settings.out, plan.steps)),
        )

    def _cost(self, plan: RowPlan) -> Cost:
        return cost_of(
            plan,
            choices=self.choices,
            sizes=self.sizes,
            split=self.settings.split,
            limit=self.settings.limit,
            prices=self.prices,
        )

    def _not_comparable(self, plan: RowPlan) -> list[str]:
        """Return why the difference from the paper's figures would say nothing."""
        found = []
        if not plan.is_papers:
            found.append("not all of its models are the paper's")
        is_read = self.counts != _LOCOMO
        if is_read or not found:
            sizes = self.sizes if is_read else sizes_of(load_argument(plan.benchmark))
            if not has_locomo(sizes):
                found.append(f"{_named(plan.benchmark)} is not LoCoMo")
        if self.settings.split != "test":
            found.append(f"the split is {self.settings.split}, not test")
        if self.settings.limit is not None:
            found.append("it is a trial, in which questions that were not asked count as wrong")
        return found

    def _other_measures(self, plan: RowPlan) -> Mapping[str, str]:
        """Return why the columns L and J, if they do, measure something else than the paper's."""
        found = {}
        if "l" in plan.row.values and plan.l_preset != "paper":
            found["l"] = f"its BERTScore is that of the preset {plan.l_preset}"
        judge = load_paper().judge
        if plan.judge is not None and not plan.has_papers_judge:
            found["j"] = f"its judge is not {judge}"
        elif self.settings.rubric == "strict":
            found["j"] = "its rubric is strict"
        return found


def _named(benchmark: str) -> str:
    return "the sample" if benchmark == "sample" else f"the benchmark {benchmark}"


def _note_whole_folder(error: KeyboardInterrupt, out: Path) -> None:
    """Say how the table is continued, in place of how the interrupted run alone would be."""
    others = [note for note in getattr(error, "__notes__", ()) if "`out`" not in note]
    error.__notes__ = [
        f"Repeat it with `out` {out} to continue: what was answered is kept.",
        *others,
    ]

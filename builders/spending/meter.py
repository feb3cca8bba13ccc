"""Counts what a build's requests to endpoints cost, and keeps them within a budget."""

from __future__ import annotations

from pathlib import Path

from locomo_vqa.budget import dollars
from locomo_vqa.errors import BudgetReached, InputError
from locomo_vqa.models.call_meter import CallMeter, check_spec_priced, endpoint_of
from locomo_vqa.models.chat import ChatModel, ChatRequest
from locomo_vqa.models.metered import MeteredModel
from locomo_vqa.prices import PriceTable
from locomo_vqa.progress import ProgressCallback

from ..recipe import BuildRecipe
from .calls import read_build_calls

__all__ = ["BuildMeter", "BuildModel", "noting_step"]


class BuildModel(MeteredModel):
    """A model of a build, whose requests are counted."""

    def stage_of(self, request: ChatRequest) -> str:
        """Return what a request is for: to write a question has a schema, to check it has none."""
        return "quality" if self.stage == "generate" and request.schema is None else self.stage


class BuildMeter(CallMeter):
    """The calls of one work folder, and what they may cost."""

    def __init__(self, path: Path, prices: PriceTable, limit: float | None) -> None:
        """Read nothing yet; `path` is the list of calls, `limit` in US dollars."""
        super().__init__(path, prices, limit, busy="Wait for that build to end.")
        self.step: tuple[str, int, int | None] = ("", 0, None)
        """The step of the build that is in progress, what is done of it, and of how many."""

    def check_priced(self, recipe: BuildRecipe, stages: set[str]) -> None:
        """Check that a budget can be kept: the price of every endpoint is known.

        Raises:
            InputError: one is unknown, or no stage asks an endpoint.
        """
        if self.budget.limit is None:
            return
        both = {"probe", "generate"}
        wanted = {"generator": both, "validator": {"probe"}, "verifier": both}
        asked = [role for role, needed in wanted.items() if needed & stages]
        specs = [(role, spec) for role in asked if (spec := getattr(recipe, role)) is not None]
        endpoints = [(role, spec) for role, spec in specs if spec.startswith("openai:")]
        if not endpoints:
            raise InputError(
                "`budget`: the build makes no calls to an endpoint.",
                "Leave it out: models in this process cost only time.",
            )
        for role, spec in endpoints:
            check_spec_priced(spec, self.prices, role=role)

    def count_earlier(self) -> None:
        """Count what earlier calls of the same build have cost.

        Raises:
            InputError: the list is damaged.
        """
        for call in read_build_calls(self._path):
            self.count(call)

    def open(self, model: ChatModel, spec: str, *, role: str, stage: str) -> BuildModel:
        """Return a model whose requests are counted."""
        endpoint = endpoint_of(spec, role) if spec.startswith("openai:") else None
        return BuildModel(model, self, endpoint, role=role, stage=stage)

    def reached(self) -> BudgetReached:
        """Return the error that ends the build in order."""
        step, done, total = self.step
        of = "" if total is None else f" of {total:,}"
        came = f"it came to {step}, {done:,}{of}" if step else "nothing was asked"
        limit, spent = dollars(self.budget.limit or 0), dollars(self.budget.spent)
        if self.budget.unpriced is not None:
            return BudgetReached(
                f"The build stopped before a call without a known price, to "
                f"{self.budget.unpriced}: {spent} of {limit} spent; {came}.",
                "Give the price in a file with `prices`, and repeat the call: nothing is paid for "
                "twice.",
            )
        return BudgetReached(
            f"The budget of {limit} is used up: {spent} spent; {came}.",
            "Repeat the call with the same `work` and a larger `budget` to go on: nothing is paid "
            "for twice.",
        )


def noting_step(meter: BuildMeter, report: ProgressCallback) -> ProgressCallback:
    """Return a callback that passes progress on, and notes it for the meter."""

    def note_step(step: str, done: int, total: int | None) -> None:
        meter.step = (step, done, total)
        report(step, done, total)

    return note_step

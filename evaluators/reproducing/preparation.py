"""What rows need before they can run: benchmarks, and servers for models that were not given."""

from __future__ import annotations

from collections.abc import Sequence

from .choices import Choices
from .paper import load_paper
from .plan import TEXT_BENCHMARK, VISUAL_BENCHMARK
from .row_plan import RowPlan
from .settings import ReproductionSettings
from .steps import Step

__all__ = ["benchmark_steps", "server_commands"]

_LOCOMO = "locomo10.json"
_GENERATOR, _VALIDATOR = "InternVL3-78B", "InternVL3-2B"


def benchmark_steps(
    plans: Sequence[RowPlan], choices: Choices, settings: ReproductionSettings
) -> list[Step]:
    """Return the calls that make the benchmarks of rows; none if the caller named one."""
    if settings.benchmark is not None:
        return []
    needed = {plan.benchmark for plan in plans}
    made: list[Step] = []
    if TEXT_BENCHMARK in needed:
        arguments = {"source": _LOCOMO, "out": TEXT_BENCHMARK}
        made.append(Step(call="import_locomo", arguments=arguments))
    if VISUAL_BENCHMARK in needed:
        arguments = {
            "recipe": "paper",
            "locomo": _LOCOMO,
            "work": "build",
            "out": VISUAL_BENCHMARK,
            "generator": choices.of(_GENERATOR).model,
            "validator": choices.of(_VALIDATOR).model,
        }
        made.append(Step(call="build", arguments=arguments))
    return made


def server_commands(
    plans: Sequence[RowPlan], choices: Choices, settings: ReproductionSettings
) -> dict[str, str]:
    """Return the command that serves each model that was not given, by the paper's name."""
    paper = load_paper()
    names = dict.fromkeys(choice.paper for plan in plans for choice in plan.models)
    if settings.judge is None and any(plan.judge is not None for plan in plans):
        names |= {paper.judge: None}
    if any(step.call == "build" for step in benchmark_steps(plans, choices, settings)):
        names |= {_GENERATOR: None}
    served = {name: paper.models[name].serve for name in names if not choices.of(name).is_given}
    commands = {name: serve for name, serve in served.items() if serve is not None}
    asks_embedder = any(_asks(plan, paper.embedder) for plan in plans)
    return commands | ({"embeddings": paper.embedder_serve} if asks_embedder else {})


def _asks(plan: RowPlan, embedder: str) -> bool:
    return any(step.arguments.get("options", {}).get("embedder") == embedder for step in plan.steps)

"""LoCoMo-VQA: the benchmark and data-set toolkit for multimodal memory systems.

Build the data set (`import_locomo`, `build`), score a memory system (`run`, `score`, `compare`,
`check`, `ablate`), and submit to a leaderboard (`submit`, `verify`, `build_site`). `systems` lists
the memory systems that can be run by name; to test your own, write a class with the methods of
`MemorySystem`. Every error is a `LocomoVqaError` that says what to do next.

    import locomo_vqa as lv

    run = lv.run("bm25", benchmark="sample")
    lv.score(run, metrics=["f1"])["f1"].value

Names are imported on first use, so importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from locomo_vqa._version import __version__

if TYPE_CHECKING:
    from locomo_vqa.benchmark import Benchmark, load_benchmark
    from locomo_vqa.builders.build import Build, build
    from locomo_vqa.builders.estimating import BuildEstimate, estimate_build
    from locomo_vqa.builders.importing import import_locomo
    from locomo_vqa.errors import (
        BudgetReached,
        InputError,
        LocomoVqaError,
        MissingResource,
        OutputError,
        SystemLoadError,
    )
    from locomo_vqa.evaluators.ablation import ablate
    from locomo_vqa.evaluators.comparing import Comparison, compare
    from locomo_vqa.evaluators.distilling.duomem import distill
    from locomo_vqa.evaluators.distilling.memlora.api import distill_memlora
    from locomo_vqa.evaluators.distilling.memlora.stage_table import ablate_stages
    from locomo_vqa.evaluators.efficiency import efficiency
    from locomo_vqa.evaluators.estimating import RunEstimate, estimate_run
    from locomo_vqa.evaluators.frontier import Frontier, frontier
    from locomo_vqa.evaluators.judging import judge_check
    from locomo_vqa.evaluators.reproducing import Reproduction, reproduce
    from locomo_vqa.evaluators.running import run
    from locomo_vqa.evaluators.scoring import ScoreReport, score
    from locomo_vqa.evaluators.selftest import check
    from locomo_vqa.evaluators.systems.catalogue import systems
    from locomo_vqa.evaluators.third_party import install
    from locomo_vqa.leaderboard import Board, build_site, record_event, submit, verify
    from locomo_vqa.repeats import Repeats
    from locomo_vqa.runs import Hit, Prediction, Run, Usage
    from locomo_vqa.system import Answer, ConversationInfo, MemorySystem, Services
    from locomo_vqa.system import ShownImage as Image
    from locomo_vqa.system import ShownTurn as Turn

__all__ = [
    "Answer",
    "Benchmark",
    "Board",
    "BudgetReached",
    "Build",
    "BuildEstimate",
    "Comparison",
    "ConversationInfo",
    "Frontier",
    "Hit",
    "Image",
    "InputError",
    "LocomoVqaError",
    "MemorySystem",
    "MissingResource",
    "OutputError",
    "Prediction",
    "Repeats",
    "Reproduction",
    "Run",
    "RunEstimate",
    "ScoreReport",
    "Services",
    "SystemLoadError",
    "Turn",
    "Usage",
    "__version__",
    "ablate",
    "ablate_stages",
    "build",
    "build_site",
    "check",
    "compare",
    "distill",
    "distill_memlora",
    "efficiency",
    "estimate_build",
    "estimate_run",
    "frontier",
    "import_locomo",
    "install",
    "judge_check",
    "load_benchmark",
    "record_event",
    "reproduce",
    "run",
    "score",
    "submit",
    "systems",
    "verify",
]

_PLACES = {
    "locomo_vqa.benchmark": ("Benchmark", "load_benchmark"),
    "locomo_vqa.builders.build": ("Build", "build"),
    "locomo_vqa.builders.importing": ("import_locomo",),
    "locomo_vqa.builders.estimating": ("BuildEstimate", "estimate_build"),
    "locomo_vqa.errors": (
        "BudgetReached",
        "InputError",
        "LocomoVqaError",
        "MissingResource",
        "OutputError",
        "SystemLoadError",
    ),
    "locomo_vqa.evaluators.ablation": ("ablate",),
    "locomo_vqa.evaluators.comparing": ("Comparison", "compare"),
    "locomo_vqa.evaluators.distilling.duomem": ("distill",),
    "locomo_vqa.evaluators.distilling.memlora.api": ("distill_memlora",),
    "locomo_vqa.evaluators.distilling.memlora.stage_table": ("ablate_stages",),
    "locomo_vqa.evaluators.efficiency": ("efficiency",),
    "locomo_vqa.evaluators.estimating": ("RunEstimate", "estimate_run"),
    "locomo_vqa.evaluators.frontier": ("Frontier", "frontier"),
    "locomo_vqa.evaluators.judging": ("judge_check",),
    "locomo_vqa.evaluators.reproducing": ("Reproduction", "reproduce"),
    "locomo_vqa.evaluators.running": ("run",),
    "locomo_vqa.evaluators.scoring": ("ScoreReport", "score"),
    "locomo_vqa.evaluators.selftest": ("check",),
    "locomo_vqa.evaluators.systems.catalogue": ("systems",),
    "locomo_vqa.evaluators.third_party": ("install",),
    "locomo_vqa.leaderboard": ("Board", "build_site", "record_event", "submit", "verify"),
    "locomo_vqa.repeats": ("Repeats",),
    "locomo_vqa.runs": ("Hit", "Prediction", "Run", "Usage"),
    "locomo_vqa.system": ("Answer", "ConversationInfo", "MemorySystem", "Services"),
}
_EXPORTS = {name: f"{module}:{name}" for module, names in _PLACES.items() for name in names} | {
    "Image": "locomo_vqa.system:ShownImage",
    "Turn": "locomo_vqa.system:ShownTurn",
}
"""Where each exported name is defined: strings, because the core may not import other packages."""


def __getattr__(name: str) -> Any:
    """Import an exported name on first use."""
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _EXPORTS[name].partition(":")
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the exported names, whether or not they are imported yet."""
    return sorted({*globals(), *__all__})

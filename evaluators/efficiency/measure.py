"""Measures what a run's models cost: size on disk, and tokens and seconds per answer, by stage.

The figures are those of MemLoRA's tables 3, A6 and A7 (arXiv 2512.04763): an "answer" is one
reply of a model, in any stage. `Figures` defines each figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from locomo_vqa.files import read_json
from locomo_vqa.schemas import validate

from ..proxy.prices import PriceTable, bundled_prices
from ..running.model_size import UNKNOWN, ModelBytes, size_of_model
from ..running.phases import read_phases
from .calls import StageSums, TimedCall, has_calls, read_stage_sums, read_timed_calls
from .figures import Figures, Means, figures_of, figures_of_sums, mean_of_stages
from .totals import RunTotals, totals_of

__all__ = ["MEMORY_STAGES", "NO_ANSWERS", "RunEfficiency", "efficiency_of", "read_info"]

MEMORY_STAGES = ("extraction", "update", "generation")
"""The three stages that MemLoRA's table 3 covers (section 4.3)."""

NO_ANSWERS = ("embedding", "judge")
"""Stages that the total excludes, because the memory system writes nothing in them."""

SizeSource = Literal["recorded", "found", "given", "unknown"]
"""Where a model's size comes from:

recorded   run.json: the run measured it
found      the files that the run names, which are still here
given      the caller
unknown    none: the model is behind an endpoint, or its files are not here
"""

CountedBy = Literal["calls", "sums", "nothing"]
"""Where tokens and seconds come from: individual calls, sums by stage (runs of older versions,
without seconds), or nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEfficiency:
    """The figures of one run; figures without data are None."""

    name: str
    """The system's name; with more, if other runs have the same (see `name_runs`)."""
    folder: str
    """The run folder's name."""
    system: str
    """The memory system and its version."""
    model: str | None
    """The model that run.json names."""
    finished: bool
    """Whether every question has an outcome."""
    size: ModelBytes
    """The model's size on disk."""
    size_source: SizeSource
    """Where the size comes from."""
    counted_by: CountedBy
    """Where tokens and seconds come from."""
    stages: Mapping[str, Figures]
    """The figures of each stage, in order of the first call."""
    memory: Figures | None
    """The figures over all calls of the three memory stages."""
    mean_of_stages: Means | None
    """The mean of the three memory stages, with equal weights."""
    overall: Figures | None
    """The figures over all calls, except for embedding and judging."""
    totals: RunTotals | None
    """The totals of the calls, in all, a conversation and a question; None without single calls."""
    context: Mapping[str, Any] | None = None
    """What the answering model was given of the memory, as run.json has it; None if not counted."""

    @property
    def shown(self) -> Figures | None:
        """The row of table 3: the memory stages, or all stages if there are no memory stages."""
        return self.memory or self.overall

    def to_json(self) -> dict[str, Any]:
        """Return the run's entry in a document of the schema `efficiency`."""
        row = asdict(self)
        source = row.pop("size_source")
        row["size"] = {**asdict(self.size), "total": self.size.total, "source": source}
        return row


def read_info(folder: Path) -> dict[str, Any]:
    """Return the content of a run folder's run.json.

    Raises:
        InputError: the folder is not a run.
    """
    info: dict[str, Any] = read_json(folder / "run.json", what="the run's manifest")
    validate(info, "run", path=folder / "run.json", remedy="Run the system again.")
    return info


def efficiency_of(
    folder: Path,
    *,
    name: str | None = None,
    size_bytes: int | None = None,
    prices: PriceTable | None = None,
) -> RunEfficiency:
    """Return the figures of a run folder, which may be unfinished.

    Args:
        folder: the run folder.
        name: what to call the run; None for the system's name.
        size_bytes: the model's size on disk, if the run can't measure it.
        prices: the table of prices; None for the bundled one.

    Raises:
        InputError: the folder is not a run, or a list of calls is damaged.
    """
    info = read_info(folder)
    size, source = _model_size(folder, info, size_bytes)
    system = info["system"]
    made = RunEfficiency(
        name=name or system["name"],
        folder=folder.resolve().name,
        system=" ".join(filter(None, (system["name"], system["version"]))),
        model=info["answerer"]["model"],
        finished=info["counts"] is not None,
        size=size,
        size_source=source,
        counted_by="nothing",
        stages={},
        memory=None,
        mean_of_stages=None,
        overall=None,
        totals=None,
        context=info.get("context"),
    )
    if has_calls(folder):
        calls = read_timed_calls(folder, prices or bundled_prices())
        return replace(_from_calls(made, calls), totals=totals_of(calls, read_phases(folder)))
    sums = read_stage_sums(folder)
    return _from_sums(made, sums) if sums else made


def _from_calls(made: RunEfficiency, calls: Sequence[TimedCall]) -> RunEfficiency:
    groups: dict[str, list[TimedCall]] = {}
    for call in calls:
        groups.setdefault(call.stage, []).append(call)
    stages = {stage: figures_of(group) for stage, group in groups.items()}
    memory = [call for call in calls if call.stage in MEMORY_STAGES]
    overall = [call for call in calls if call.stage not in NO_ANSWERS]
    return replace(
        made,
        counted_by="calls",
        stages=stages,
        memory=figures_of(memory) if memory else None,
        mean_of_stages=_mean_of_memory_stages(stages),
        overall=figures_of(overall) if overall else None,
    )


def _from_sums(made: RunEfficiency, sums: Mapping[str, StageSums]) -> RunEfficiency:
    stages = {stage: figures_of_sums([tally]) for stage, tally in sums.items()}
    memory = [sums[stage] for stage in MEMORY_STAGES if stage in sums]
    overall = [tally for stage, tally in sums.items() if stage not in NO_ANSWERS]
    return replace(
        made,
        counted_by="sums",
        stages=stages,
        memory=figures_of_sums(memory) if memory else None,
        mean_of_stages=_mean_of_memory_stages(stages),
        overall=figures_of_sums(overall) if overall else None,
    )


def _mean_of_memory_stages(stages: Mapping[str, Figures]) -> Means | None:
    if not all(stage in stages for stage in MEMORY_STAGES):
        return None
    return mean_of_stages([stages[stage] for stage in MEMORY_STAGES])


def _model_size(
    folder: Path, info: Mapping[str, Any], given: int | None
) -> tuple[ModelBytes, SizeSource]:
    if given is not None:
        return ModelBytes(weights=given, adapters=0), "given"
    recorded = info.get("model_bytes")
    if recorded is not None:
        return ModelBytes(**recorded), "recorded"
    found = size_of_model(folder, info)
    return (UNKNOWN, "unknown") if found.total is None else (found, "found")

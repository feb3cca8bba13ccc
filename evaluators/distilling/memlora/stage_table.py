"""Where the experts help: the pipeline with experts, or a large model, in one stage after another.

These are the rows of MemLoRA's table 4: the base model in every stage; then a large model in
extraction, in update too, in all; then experts in extraction, in update too, in all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_args

from locomo_vqa.arguments import check_choice, check_number
from locomo_vqa.benchmark import Benchmark, load_argument
from locomo_vqa.checked import checked
from locomo_vqa.errors import InputError
from locomo_vqa.files import write_json
from locomo_vqa.metric_names import METRICS
from locomo_vqa.models.expert_opening import check_experts
from locomo_vqa.models.names import hide_credentials, parse_name
from locomo_vqa.progress import ProgressCallback, progress_reporter
from locomo_vqa.runs import SplitChoice

from ...judging.names import check_judge
from ...judging.rules import RULES
from ...memory.settings import TEXT_STAGES
from ...running import run
from ...scoring import ScoreReport, score
from ...scoring.predictions import check_metrics
from ...systems.memlora.stage_experts import stage_experts
from .stage_plot import plot_stages

__all__ = ["StageRow", "StageTable", "ablate_stages"]

_LARGE, _EXPERT, _BASE = "large", "expert", "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """One row: what answers in each stage, and the scores."""

    stages: Mapping[str, str]
    """By stage: `base`, `large` or `expert`."""
    system: str
    """The system that ran."""
    options: Mapping[str, str]
    """Its options."""
    report: ScoreReport
    """Its scores."""

    def to_json(self) -> dict[str, Any]:
        """Return the stages, and each metric's value and interval."""
        return {
            "stages": dict(self.stages),
            "system": self.system,
            "options": {name: hide_credentials(value) for name, value in self.options.items()},
            "scores": {
                name: {
                    "value": each.value,
                    "interval": asdict(each.interval) if each.interval else None,
                }
                for name, each in self.report.items()
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTable:
    """All rows, and the folder with their runs."""

    out: Path
    """The folder: a run folder for each row, stages.json and stages.svg."""
    student: str
    """The base model."""
    split: SplitChoice
    """The split that was asked."""
    benchmark: str
    """The benchmark, as it was named."""
    rows: Sequence[StageRow]
    """The rows, in the order of the paper's table 4."""
    judge: str | None = None
    """The judge of J."""

    @property
    def metrics(self) -> list[str]:
        """The metrics of all rows."""
        return [name for name in METRICS if all(name in row.report for row in self.rows)]

    def to_json(self) -> dict[str, Any]:
        """Return the content of stages.json."""
        return {
            "schema_version": 1,
            "kind": "stage_table",
            "student": hide_credentials(self.student),
            "split": self.split,
            "judge": None if self.judge is None else hide_credentials(self.judge),
            "rows": [row.to_json() for row in self.rows],
        }


@checked
def ablate_stages(
    benchmark: Benchmark | str | Path,
    *,
    student: str,
    experts: str | Path,
    out: str | Path,
    large: str | None = None,
    split: SplitChoice = "test",
    options: Mapping[str, str] | None = None,
    metrics: Sequence[str] | None = None,
    judge: str | None = None,
    jobs: int = 1,
    progress: bool | ProgressCallback = True,
) -> StageTable:
    """Run the pipeline with experts, and with a large model, in one text stage after another.

    The same call continues where the last one stopped. Only text questions are asked.

    Args:
        benchmark: the benchmark, its folder, or its name.
        student: the base model.
        experts: the folder of its experts, or `sample`.
        out: the folder to write to.
        large: the name of a large model for the first rows; None leaves them out.
        split: the split to ask.
        options: options of the pipeline, the same in every row.
        metrics: names of metrics; None for F1, and J with a judge.
        judge: a judge's model.
        jobs: how many conversations run at once.
        progress: whether to show bars, or a callback.

    Raises:
        InputError: an argument can't be used.
        MissingResource: a model or a metric can't be used on this machine.
        OutputError: the folder has other runs, or can't be written.
    """
    check_choice("split", split, get_args(SplitChoice))
    check_number("jobs", jobs, low=1, whole=True)
    check_metrics(metrics)
    if large is not None:
        parse_name(large, parameter="large")
    if judge is not None:
        check_judge(judge)
    given = dict(options or {})
    taken = [name for name in (*TEXT_STAGES, "experts") if name in given]
    if taken:
        raise InputError(
            f"`options`: {taken[0]} is set by the rows themselves.", f"Leave {taken[0]} out."
        )
    loaded, folder = load_argument(benchmark), Path(out)
    wanted = list(metrics) if metrics else ["f1", *(["j"] if judge else [])]
    _check_experts(str(experts), student)
    planned = _planned(large, str(experts))
    rows: list[StageRow] = []
    with progress_reporter(progress) as report:
        for number, (stages, system, own) in enumerate(planned):
            report("rows", number, len(planned))
            done = run(
                system,
                benchmark=_text_only(loaded),
                split=split,
                model=student,
                options={**given, **own},
                images="none",
                out=folder / f"row-{number + 1}",
                jobs=jobs,
                progress=False,
            )
            scored = score(done, metrics=wanted, judge=judge, progress=False)
            rows.append(
                StageRow(stages=stages, system=system, options={**given, **own}, report=scored)
            )
        report("rows", len(planned), len(planned))
    table = StageTable(
        out=folder,
        student=student,
        split=split,
        benchmark=str(benchmark),
        rows=rows,
        judge=judge,
    )
    write_json(folder / "stages.json", table.to_json())
    named = [(list(row.stages.values()), row.report) for row in table.rows]
    plot_stages(named, table.metrics, folder / "stages.svg", by_rules=judge == RULES)
    return table


def _planned(large: str | None, experts: str) -> list[tuple[dict[str, str], str, dict[str, str]]]:
    """Return what answers in each stage, the system and its options, for each row."""
    base = dict.fromkeys(TEXT_STAGES, _BASE)
    planned: list[tuple[dict[str, str], str, dict[str, str]]] = [(base, "mem0", {})]
    filled = [TEXT_STAGES[:count] for count in range(1, len(TEXT_STAGES) + 1)]
    if large is not None:
        planned += [
            ({**base, **dict.fromkeys(stages, _LARGE)}, "mem0", dict.fromkeys(stages, large))
            for stages in filled
        ]
    for stages in filled:
        rest = {stage: _BASE for stage in TEXT_STAGES if stage not in stages}
        planned.append(
            (
                {**base, **dict.fromkeys(stages, _EXPERT)},
                "memlora",
                {"experts": experts, **rest},
            )
        )
    return planned


def _check_experts(experts: str, student: str) -> None:
    """Check that every text stage has an expert, before the first row runs."""
    base = parse_name(student, parameter="student")
    if experts != "sample" and not Path(experts).is_dir():
        raise InputError(
            f"`experts` {experts}: is not a folder.", "Give the folder of the experts, or sample."
        )
    found = stage_experts({"experts": experts}, student, TEXT_STAGES)
    missing = [stage for stage in TEXT_STAGES if stage not in found]
    if missing:
        raise InputError(
            f"`experts` {experts}: has no expert of {', '.join(missing)}.",
            "Train experts of all three text stages: each row adds one.",
        )
    check_experts(base, list(found.values()), sees=False)


def _text_only(benchmark: Benchmark) -> Benchmark:
    return replace(benchmark, visual_questions=())

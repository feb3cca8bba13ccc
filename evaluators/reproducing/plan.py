"""What each row of a table runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo_vqa.runs import ImageMode

from ..judging.rubric_files import read_rubric
from ..judging.rules import RULES, rule_rubric
from ..memory.settings import TEXT_STAGES
from ..metrics.l_settings import Preset
from .choices import Choice, Choices
from .paper import PaperRow, PaperSystem, PaperTable, load_paper
from .row_plan import RowPlan
from .row_problems import problem_of
from .settings import ReproductionSettings
from .steps import Step

__all__ = ["TEXT_BENCHMARK", "VISUAL_BENCHMARK", "Planner"]

TEXT_BENCHMARK = "locomo"
"""The folder of LoCoMo as imported, for rows without images."""
VISUAL_BENCHMARK = "locomo-vqa"
"""The folder of the data set that the paper's recipe builds, for rows with captions or images."""

_IMAGES: Mapping[PaperSystem, ImageMode] = {
    "mem0": "none",
    "mem0-captions": "caption",
    "mem0-v": "pixels",
    "memlora": "none",
    "memlora-v": "pixels",
}
_TOP_K = "30"
_AS_MEM0 = {"stores": "speaker", "timed_memories": "true"}
"""As in Mem0's evaluation; experts are trained on one store, without times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans rows with the same models and settings."""

    choices: Choices
    settings: ReproductionSettings

    def __post_init__(self) -> None:
        """Check that the judge reads the rubric.

        Raises:
            InputError: it is the judge of rules, and the rubric is a file.
        """
        if self._judge([]) == RULES:
            rule_rubric(read_rubric(self.settings.rubric))

    def plan(self, table: PaperTable, row: PaperRow) -> RowPlan:
        """Return what a row runs."""
        models = self._models(row)
        judge = self._judge(models) if table.is_scored else None
        folder = self.settings.out / "runs" / self._name(row)
        problem, remedy = problem_of(
            row, models, self._benchmark(row), choices=self.choices, settings=self.settings
        )
        steps = [
            *self._distillation(row, judge),
            self._run(row, folder),
            self._score(row, folder, judge) if table.is_scored else _efficiency(folder),
        ]
        return RowPlan(
            row=row,
            steps=steps,
            models=models,
            folder=folder,
            benchmark=self._benchmark(row),
            judge=judge,
            l_preset=self._l_preset(),
            problem=problem,
            remedy=remedy,
        )

    def _models(self, row: PaperRow) -> list[Choice]:
        student = self.choices.of(row.model)
        if row.teacher is not None and student.is_stand_in:
            return [student]  # Its experts come with the package.
        return [self.choices.of(name) for name in row.models]

    def _judge(self, models: Sequence[Choice]) -> str | None:
        if self.settings.judge is not None:
            return self.settings.judge
        if self.choices.embedded:
            return RULES
        judge = self.choices.of(load_paper().judge)
        is_documentation = not all(choice.is_given for choice in models)
        return judge.model if judge.is_given or is_documentation else None

    def _benchmark(self, row: PaperRow) -> str:
        if self.settings.benchmark is not None:
            return self.settings.benchmark
        if self.choices.embedded:
            return "sample"
        return TEXT_BENCHMARK if _IMAGES[row.system] == "none" else VISUAL_BENCHMARK

    def _name(self, row: PaperRow) -> str:
        parts = [row.system, self.choices.of(row.model).slug]
        if row.teacher is not None and not self.choices.of(row.model).is_stand_in:
            parts += ["of", self.choices.of(row.teacher).slug]
        parts += row.stages
        if row.large is not None:
            parts.append(self.choices.of(row.large).slug)
        return "-".join(parts)

    def _experts(self, row: PaperRow) -> Path:
        """Return the folder of a distillation; one with vision has its own."""
        assert row.teacher is not None
        student, teacher = self.choices.of(row.model), self.choices.of(row.teacher)
        sees = "-vision" if row.system == "memlora-v" else ""
        return self.settings.out / "distilled" / f"{student.slug}-of-{teacher.slug}{sees}"

    def _distillation(self, row: PaperRow, judge: str | None) -> list[Step]:
        if row.teacher is None or self.choices.of(row.model).is_stand_in:
            return []
        stages = [*TEXT_STAGES, *(["vision"] if row.system == "memlora-v" else [])]
        judge = judge or self._judge(self._models(row))
        arguments: dict[str, Any] = {
            "benchmark": self._benchmark(row),
            "student": self.choices.of(row.model).model,
            "teacher": self.choices.of(row.teacher).model,
            "stages": stages,
            "options": self._pipeline_options(row),
            "out": str(self._experts(row)),
            **({"judge": judge} if judge is not None else {}),
            **self._vision_target(row),
            **self._given("jobs", "timeout"),
        }
        return [Step(call="distill_memlora", arguments=arguments)]

    def _vision_target(self, row: PaperRow) -> dict[str, str]:
        """Return what an embedded student's vision expert learns: what the package's did."""
        is_small = row.system == "memlora-v" and self.choices.of(row.model).is_embedded
        return {"vision_target": "answer"} if is_small else {}

    def _run(self, row: PaperRow, folder: Path) -> Step:
        options = self._pipeline_options(row) | dict(self.choices.of(row.model).options)
        if _IMAGES[row.system] == "none":
            options.pop("vision", None)
        if row.large is not None:
            options |= dict.fromkeys(row.stages, self.choices.of(row.large).model)
        if row.teacher is not None:
            own = self.choices.of(row.model).is_stand_in
            options["experts"] = "sample" if own else str(self._experts(row) / "experts")
            if row.stages:
                options |= {stage: "base" for stage in TEXT_STAGES if stage not in row.stages}
        arguments: dict[str, Any] = {
            "system": row.system,
            "benchmark": self._benchmark(row),
            "split": self.settings.split,
            "images": _IMAGES[row.system],
            "model": self.choices.of(row.model).model,
            "options": options,
            "out": str(folder),
            **self._given("limit", "jobs", "workers", "timeout", "retry_failed"),
            **(self._given("prices") if self.choices.of(row.model).is_served else {}),
        }
        return Step(call="run", arguments=arguments)

    def _score(self, row: PaperRow, folder: Path, judge: str | None) -> Step:
        judging: dict[str, Any] = {}
        if judge is not None:
            judging = {"judge": judge, "rubric": self.settings.rubric}
        if judge not in (None, RULES):
            judging["responses"] = str(self.settings.out / "judge-responses.sqlite")
        arguments = {
            "source": str(folder),
            "benchmark": self._benchmark(row),
            "l_preset": self._l_preset(),
            **self._given("l_models"),
            **judging,
        }
        return Step(call="score", arguments=arguments)

    def _l_preset(self) -> Preset:
        return self.settings.l_preset or ("minilm" if self.choices.embedded else "paper")

    def _pipeline_options(self, row: PaperRow) -> dict[str, str]:
        """Return the options of the pipeline; experts are trained with the same ones."""
        settings, has_experts = self.settings, row.teacher is not None
        options: dict[str, str] = {}
        if not self.uses_stand_in(row):
            options = {"prompts": "reduced" if has_experts else "long"}
            options |= {} if has_experts else _AS_MEM0
            options |= {"top_k": _TOP_K, "embedder": load_paper().embedder}
            if row.system == "mem0-v":
                options["shared_images"] = "see"
        if settings.embedder is not None:
            options["embedder"] = settings.embedder
        if settings.prompts is not None and not has_experts:
            options["prompts"] = settings.prompts
        return options

    def uses_stand_in(self, row: PaperRow) -> bool:
        """Return whether an embedded model answers in a row, which runs with its own defaults."""
        answering = [row.model, *([] if row.large is None else [row.large])]
        return any(self.choices.of(name).is_embedded for name in answering)

    def _given(self, *names: str) -> dict[str, Any]:
        """Return the settings that differ from their default."""
        default = ReproductionSettings(out=self.settings.out)
        values = {name: getattr(self.settings, name) for name in names}
        return {name: v for name, v in values.items() if v != getattr(default, name)}


def _efficiency(folder: Path) -> Step:
    return Step(call="efficiency", arguments={"runs": str(folder)})

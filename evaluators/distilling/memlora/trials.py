"""Runs the whole pipeline with some experts on a split, and scores it.

A trial's run folder is kept: the same experts on the same split are never run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from locomo_vqa.benchmark import Benchmark, Split
from locomo_vqa.errors import MissingResource
from locomo_vqa.files import canonical_json, sha256_text
from locomo_vqa.metric_names import metric_title

from ...running import run
from ...scoring import ScoreReport, score
from .samples import STAGES, Stage
from .training import CANDIDATES

__all__ = ["BASE", "Experts", "Trial", "TrialRunner"]

BASE = "base"
"""A stage without an expert."""

Experts = Mapping[Stage, str]
"""The candidate of each stage, by its name; in a missing stage, the base model answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One set of experts on one split."""

    experts: Experts
    """The candidate of each stage that has one."""
    split: Split
    """The split."""
    scores: Mapping[str, float]
    """The mean of each metric."""
    run: Path
    """The run folder."""

    def to_json(self) -> dict[str, object]:
        """Return the experts and their scores."""
        return {
            "experts": dict(self.experts),
            "split": self.split,
            "scores": dict(self.scores),
            "run": self.run.name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRunner:
    """Makes trials of one student on one benchmark."""

    student: str
    benchmark: Benchmark
    options: Mapping[str, str]
    out: Path
    """The folder of the distillation."""
    judge: str | None
    """A judge's model; with one, J ranks the candidates of the text stages, otherwise F1 does."""
    jobs: int

    def metric_of(self, stage: Stage) -> str:
        """Return the name of the metric that ranks the candidates of a stage."""
        if stage == "vision":
            return "v"
        return "f1" if self.judge is None else "j"

    def run(self, experts: Experts, split: Split, *, sees: bool) -> Trial:
        """Run and score one set of experts; `sees` asks the visual questions too.

        Raises:
            MissingResource: a metric could not be computed.
        """
        chosen: dict[Stage, str] = {stage: experts[stage] for stage in STAGES if stage in experts}
        metrics = [*([] if sees else [self.metric_of("extraction")]), *(["v"] if sees else [])]
        benchmark = (
            replace(self.benchmark, text_questions=())
            if sees
            else replace(self.benchmark, visual_questions=())
        )
        folder = self.out / "trials" / self._name(chosen, split, sees=sees)
        done = run(
            _system(chosen, sees=sees),
            benchmark=benchmark,
            split=split,
            model=self.student,
            options={**self.options, **self._adapters(chosen)},
            images="pixels" if sees else "none",
            out=folder,
            jobs=self.jobs,
            progress=False,
        )
        judge = self.judge if "j" in metrics else None
        report = score(done, metrics=metrics, judge=judge, progress=False)
        scores = {name: _value(report, name, folder) for name in metrics}
        return Trial(experts=chosen, split=split, scores=scores, run=folder)

    def _adapters(self, chosen: Experts) -> dict[str, str]:
        """Return the options that name the adapters, and the stages without one."""
        if not chosen:
            return {}
        folder = self.out / CANDIDATES
        return {str(stage): str(folder / stage / name) for stage, name in chosen.items()}

    def _name(self, chosen: Experts, split: Split, *, sees: bool) -> str:
        """Return the name of a trial's run folder, the same for the same experts and settings."""
        key = {"student": self.student, "options": dict(self.options), "experts": dict(chosen)}
        parts = [split, "vision" if sees else "text", *chosen.values()] if chosen else [split, BASE]
        words = "-".join(parts)[:80]
        return f"{words}-{sha256_text(canonical_json([key, sees]))[:8]}"


def _system(chosen: Experts, *, sees: bool) -> str:
    return f"{'memlora' if chosen else 'mem0'}{'-v' if sees else ''}"


def _value(report: ScoreReport, metric: str, folder: Path) -> float:
    found = report.document["metrics"][metric]
    if found["state"] != "ok":
        raise MissingResource(
            f"{folder}: {metric_title(metric)} was not computed ({found['reason']}).",
            "Fix this and repeat the call; finished trials are kept.",
        )
    return float(found["overall"]["value"])

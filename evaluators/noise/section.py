"""Makes the section `noise` of scores.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean
from typing import Any

from locomo_vqa.metric_names import METRICS
from locomo_vqa.statistics.believable import believable_between_runs
from locomo_vqa.statistics.noise import NoiseSplit, Scored, split_noise

from .wording import notes_on_split

__all__ = ["RepeatedRun", "noise_section", "split_of_metric"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRun:
    """One run of a system that ran several times, with its values by question."""

    name: str
    """What the run is called."""
    memory: str
    """The name of its memory, which runs may share."""
    answers: str
    """The SHA-256 of its answers; runs that share it were judged several times."""
    values: Mapping[str, Mapping[str, float]]
    """By metric, then by question, on the metric's scale."""
    passes: Mapping[str, Sequence[Mapping[str, float]]] = field(default_factory=dict)
    """By metric: the values of each pass of the judge, where there are several."""
    seed: int | None = None
    """The seed that its models were given."""


def noise_section(
    runs: Sequence[RepeatedRun], conversations: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return the section, or None if nothing was repeated.

    Args:
        runs: the runs of one system; one is enough if its answers were judged several times.
        conversations: the conversation of each question.
    """
    names = [name for name in METRICS if all(name in run.values for run in runs)]
    metrics = {
        name: _metric(name, runs, split, conversations)
        for name in names
        if all(question in conversations for question in runs[0].values[name])
        and (split := split_of_metric(name, runs, conversations)) is not None
    }
    if not metrics:
        return None
    return {
        "runs": [
            {"name": run.name, "seed": run.seed, "memory": run.memory, "answers": run.answers}
            for run in runs
        ],
        "metrics": metrics,
    }


def split_of_metric(
    metric: str, runs: Sequence[RepeatedRun], conversations: Mapping[str, str]
) -> NoiseSplit | None:
    """Return the split of a metric's variance; None if nothing was repeated that changes it."""
    judged = METRICS[metric].needs in ("judge", "verdicts")
    scored = [one for run in runs for one in _scored(metric, run)]
    if not judged:  # Answers that are there twice were not made twice.
        scored = list({one.answers: one for one in scored}.values())
    split = split_noise(scored, conversations, judged=judged)
    return split if split.between is not None else None


def _scored(metric: str, run: RepeatedRun) -> list[Scored]:
    sets = run.passes.get(metric) or [run.values[metric]]
    return [Scored(memory=run.memory, answers=run.answers, values=values) for values in sets]


def _metric(
    metric: str, runs: Sequence[RepeatedRun], split: NoiseSplit, conversations: Mapping[str, str]
) -> dict[str, Any]:
    total = split.total
    between = split.between
    assert between is not None
    return {
        "scores": [fmean(run.values[metric].values()) for run in runs],
        "passes": max(len(run.passes.get(metric, ())) for run in runs) or 1,
        "conversations": len({conversations[question] for question in runs[0].values[metric]}),
        "parts": [
            {
                "sources": list(part.sources),
                "variance": part.variance,
                "sd": sqrt(part.variance),
                "share": part.variance / total if total else 0.0,
                "estimate": part.estimate,
                "degrees": part.degrees,
            }
            for part in split.parts
        ],
        "variance": total,
        "sd": sqrt(total),
        "whole_runs_p": split.whole_runs_p,
        "believable": believable_between_runs(between),
        "notes": notes_on_split(split),
    }

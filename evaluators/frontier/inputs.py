"""Checks the runs of a frontier: finished, on the same questions, with the same metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from locomo_vqa.arguments import check_path
from locomo_vqa.errors import InputError
from locomo_vqa.metric_names import metric_title
from locomo_vqa.runs import Run, read_run

from ..comparing.sides import Side

__all__ = ["MOST_RUNS", "check_one_data", "chosen_metric", "read_runs"]

MOST_RUNS = 200
"""The most runs of one frontier."""

_DEFAULTS = ("j", "l", "f1", "v")

_SAME: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "benchmark": lambda info: f"{info['dataset']['id']} ({info['dataset']['revision'][:12]})",
    "split": lambda info: info["dataset"]["split"],
    "limit": lambda info: info.get("limit"),
}


def read_runs(runs: Sequence[Run | str | Path]) -> list[Run]:
    """Return finished runs, each once.

    Raises:
        InputError: one is not a finished run, or there are too few or too many.
    """
    allowed = "paths or Runs, each as a separate argument"
    if not 2 <= len(runs) <= MOST_RUNS:
        raise InputError(
            f"A frontier needs from 2 to {MOST_RUNS} runs, not {len(runs)}.",
            "Give each run or run folder as a separate argument.",
        )
    found = [
        run if isinstance(run, Run) else read_run(check_path("runs", run, allowed=allowed))
        for run in runs
    ]
    folders = [run.folder.resolve() for run in found]
    for folder in folders:
        if folders.count(folder) > 1:
            raise InputError(f"{folder.name}: named twice.", "Name each run once.")
    return found


def check_one_data(runs: Sequence[Run], names: Sequence[str]) -> None:
    """Check that all runs asked the same questions of the same data.

    Raises:
        InputError: they did not.
    """
    for what, value in _SAME.items():
        first = value(runs[0].info)
        for run, name in zip(runs, names, strict=True):
            same = what == "benchmark" and _revision(run) == _revision(runs[0])
            if value(run.info) != first and not same:
                raise InputError(
                    f"{name}: its {what} is {value(run.info)}, but that of {names[0]} is {first}, "
                    "and only scores on the same questions make a frontier.",
                    "Leave it out, or run it on the same questions.",
                )


def _revision(run: Run) -> str:
    revision: str = run.info["dataset"]["revision"]
    return revision


def chosen_metric(metric: str | None, sides: Sequence[Side], names: Sequence[str]) -> str:
    """Return the metric to show: the named one, or the first that all runs have.

    Raises:
        InputError: a run does not have it, or has it computed in another way.
    """
    wanted = [metric] if metric else _DEFAULTS
    chosen = next((one for one in wanted if all(_has(side, one) for side in sides)), None)
    if chosen is None:
        lacking = [
            name for name, side in zip(names, sides, strict=True) if not _has(side, wanted[0])
        ]
        if metric is None:
            raise InputError("The runs have none of J, L, F1 and V in common.", "Score them again.")
        raise InputError(
            f"{lacking[0]}: it has no {metric_title(metric)}.",
            "Score every run with this metric first, or choose another `metric`.",
        )
    signatures = [side.document["metrics"][chosen]["signature"] for side in sides]
    for name, signature in zip(names, signatures, strict=True):
        if signature != signatures[0]:
            raise InputError(
                f"{metric_title(chosen)} was computed in different ways: {names[0]} has "
                f"{signatures[0]}, {name} has {signature}.",
                "Score all runs the same way, or choose another `metric`.",
            )
    return chosen


def _has(side: Side, metric: str) -> bool:
    scores = side.document["metrics"].get(metric)
    return scores is not None and scores["state"] == "ok" and scores["overall"]["value"] is not None

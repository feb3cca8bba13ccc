"""Prints how much of a score is noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.metric_names import metric_title
from locomo_vqa.text import counted

from ..noise.wording import part_title
from .options import flagged

__all__ = ["print_noise"]


def print_noise(noise: Mapping[str, Any]) -> None:
    """Print the parts of each score's variance, and what can't be separated."""
    console().print(_table(noise))
    notes: dict[str, list[str]] = {}
    for name, metric in noise["metrics"].items():
        for note in metric["notes"]:
            notes.setdefault(note, []).append(metric_title(name))
    for note, names in notes.items():
        echo(f"{', '.join(names)}: {flagged(note)}")
    echo(
        "sd: how far one run's score lies from the true one, in the metric's points; parts add up "
        "as squares.\n"
        "believe: the smallest difference between two single runs on these questions that is not "
        "chance."
    )


def _table(noise: Mapping[str, Any]) -> Any:
    runs = len({run["answers"] for run in noise["runs"]})
    passes = max(metric["passes"] for metric in noise["metrics"].values())
    judged = f", judged {passes} times" if passes > 1 else ""
    table = make_table(
        f"Noise of one run's score ({counted(runs, 'run')}{judged})",
        numbers=["sd", "share", "believe"],
    )
    for name, metric in noise["metrics"].items():
        digits = 2 if max(map(abs, metric["scores"])) > 1 else 4
        table.add_row(
            metric_title(name),
            f"{metric['sd']:.{digits}f}",
            "100 %",
            f"{metric['believable']:.{digits}f}",
        )
        for part in metric["parts"]:
            below = " (below 0)" if part["estimate"] < 0 else ""
            table.add_row(
                f"  {part_title(part['sources'])}{below}",
                f"{part['sd']:.{digits}f}",
                f"{100 * part['share']:.0f} %",
                "",
            )
    return table

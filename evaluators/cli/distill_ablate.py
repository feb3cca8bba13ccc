"""The command `distill ablate`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from locomo_vqa.cli_support import console, echo, json_option, make_table, print_json
from locomo_vqa.metric_names import metric_title
from locomo_vqa.models.names import hide_credentials

from ..judging.rules import BY_RULES, RULES
from .distill_options import benchmark_option, jobs_option, out_option
from .run_options import split_option, system_options

if TYPE_CHECKING:
    from locomo_vqa.scores import MetricScores

    from ..distilling.memlora.stage_table import StageRow, StageTable

__all__ = ["ablate", "row_command", "stage_cells"]


@click.command()
@benchmark_option
@click.option(
    "--student", required=True, help="Use this base model: `transformers:…` or `embedded:…`."
)
@click.option("--experts", required=True, help="Use the experts in this folder, or `sample`.")
@out_option
@click.option("--large", help="Use this large model in the first rows.")
@split_option
@click.option(
    "--metrics",
    help="Compute these metrics, separated by commas.  [default: f1, and j with a judge]",
)
@click.option("--judge", help="Judge the answers with this model.")
@jobs_option
@system_options
@json_option
def ablate(
    benchmark: str,
    student: str,
    experts: str,
    out: Path,
    large: str | None,
    split: Any,
    metrics: str | None,
    judge: str | None,
    jobs: int,
    options: Mapping[str, str],
    as_json: bool,
) -> int:
    """Run the pipeline with experts in one text stage after another, as in MemLoRA's table 4.

    Each row is one run, whose command is shown; with --large, a large model takes the place of the
    experts in the first rows. Repeat the command to continue after an interruption.

    \b
    Example:
      locomo-vqa distill ablate --benchmark lv --out stages --experts distilled/experts \\
        --student transformers:google/gemma-2-2b-it
    """
    from ..distilling.memlora.stage_table import ablate_stages

    table = ablate_stages(
        benchmark,
        student=student,
        experts=experts,
        out=out,
        large=large,
        split=split,
        options=options,
        metrics=metrics.split(",") if metrics else None,
        judge=judge,
        jobs=jobs,
    )
    if as_json:
        print_json(table.to_json())
    else:
        _print_stages(table)
    return 0


def _print_stages(table: StageTable) -> None:
    titles = [name for metric in table.metrics for name in (metric_title(metric), "95 % interval")]
    shown = make_table("Extraction", "update", "generation", numbers=titles)
    for row in table.rows:
        cells = [stage_cells(row.report[metric]) for metric in table.metrics]
        shown.add_row(*row.stages.values(), *(cell for pair in cells for cell in pair))
    console().print(shown)
    if table.judge == RULES and "j" in table.metrics:
        echo(BY_RULES)
    for number, row in enumerate(table.rows, 1):
        echo(f"Row {number}: {row_command(table, row)}")
    echo(f"The plot: {table.out / 'stages.svg'}")


def row_command(table: StageTable, row: StageRow) -> str:
    """Return the command that runs one row."""
    words = ["locomo-vqa", "run", row.system, "--benchmark", table.benchmark]
    words += ["--split", table.split, "--images", "none"]
    words += ["--model", hide_credentials(table.student)]
    for name, value in row.options.items():
        words += ["--option", f"{name}={hide_credentials(value)}"]
    return shlex.join(words)


def stage_cells(scores: MetricScores) -> tuple[str, str]:
    """Return a metric's value and interval as texts."""
    digits = 4 if scores.scale == 1 else 1
    if scores.value is None:
        return "not computed", "–"
    value = f"{scores.value:.{digits}f}"
    if scores.interval is None:
        return value, "–"
    ends = (scores.interval.low, scores.interval.high)
    return value, " … ".join(f"{end:.{digits}f}" for end in ends)

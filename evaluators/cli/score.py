"""The command `score`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import click

from locomo_vqa.cli_support import PathType, echo, json_option, print_json
from locomo_vqa.metric_names import METRICS
from locomo_vqa.repeats import Repeats, repeats_in
from locomo_vqa.runs import SplitChoice

from .judge_options import judge_options
from .l_options import l_options
from .options import file_options, scored_benchmark_option, split_names

__all__ = ["score"]


@click.command()
@click.argument(
    "sources",
    metavar="RUN_OR_FILE [FILE …]",
    nargs=-1,
    required=True,
    type=PathType(),
)
@scored_benchmark_option(required=False)
@click.option(
    "--split",
    type=click.Choice(get_args(SplitChoice)),
    help="Score the questions of this split.  [default: a run's own; for a file, all]",
)
@click.option(
    "--metrics",
    help="Compute these metrics, separated by commas.  "
    f"[default: all of {','.join(METRICS)} that can be computed here]",
)
@click.option(
    "--repeats",
    is_flag=True,
    help="Take several files as runs of one system, not as one set of answers.",
)
@l_options
@judge_options
@click.option(
    "--abstention-judge",
    help="Decide by this model, instead of by rules, which answers decline, for A.",
)
@file_options
@click.option(
    "--out",
    type=PathType(file_okay=False),
    help="Write scores.json, scores.jsonl and scores.parquet into this folder.  [default: the run "
    "folder; for a file or a submission, nothing is written]",
)
@click.option(
    "--report",
    type=PathType(dir_okay=False),
    help="Write the HTML report here.  [default: report.html beside scores.json]",
)
@json_option
def score(
    sources: Sequence[Path],
    metrics: str | None,
    out: Path | None,
    report: Path | None,
    repeats: bool,
    **options: Any,
) -> int:
    """Score RUN_OR_FILE, a run folder or a predictions file from another harness.

    Several files, or the files in a folder, are scored as one set of answers. Several run folders,
    and a folder that `run --repeat` wrote, are runs of one system, whose noise is split; so are
    files with --repeats.

    Missing and failed answers count as wrong and are listed. The exit status is 1 when there are
    any, or when a judge gave no verdict on an answer.

    \b
    Example:
      locomo-vqa score runs/bm25 --benchmark sample
      locomo-vqa score memobase.json --benchmark locomo --metrics f1,bleu1
      locomo-vqa score run1.json run2.json run3.json --repeats --benchmark locomo
      locomo-vqa score runs/bm25 --benchmark sample --judge "openai:http://host/v1?model=NAME"
    """
    from ..report import REPORT, check_place, write_report
    from ..scoring import score as score_predictions
    from ..scoring.table import SCORES_TABLE
    from .score_tables import print_scores

    as_json = options.pop("as_json")
    folder = out or (sources[0] if len(sources) == 1 and _keeps_scores(sources[0]) else None)
    page = report or (folder / REPORT if folder else None)
    if page is not None:
        check_place(page)
    source: Any = sources[0] if len(sources) == 1 else list(sources)
    if repeats:
        source = Repeats(sources)
    made = score_predictions(source, metrics=split_names(metrics), **options)
    for run in made.runs if out is None else ():
        if run.run is not None and _keeps_scores(run.run.folder):
            run.write()
    if folder is not None:
        made.write(folder)
    if page is not None:
        write_report(page, made)
    if as_json:
        print_json(made.document)
    else:
        print_scores(made)
        if folder is not None:
            echo(f"Wrote {folder / 'scores.json'}, scores.jsonl and {SCORES_TABLE}")
        if page is not None:
            echo(f"Wrote {page}: open it in a browser")
    return 1 if made.scores.rows.missing or made.failed or made.unscored else 0


def _keeps_scores(source: Path) -> bool:
    """Return whether a source is a folder of runs, which stores its scores, unlike a submission."""
    if repeats_in(source):
        return True
    return (source / "run.json").is_file() and not (source / "metadata.yaml").exists()

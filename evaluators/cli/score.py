"""The command `score`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from locomo_vqa.benchmark import CATEGORIES, load_benchmark
from locomo_vqa.cli_support import console, echo, json_option, make_table, print_json
from locomo_vqa.metric_names import METRICS, metric_title
from locomo_vqa.runs import SplitChoice
from locomo_vqa.scores import FEW_CONVERSATIONS

from ..judging.tables import show_judging
from ..metrics.l_settings import LSettings
from ..report import REPORT, TABLE, check_place, write_report, write_table
from ..scoring.report import ScoreReport, score_source, write_scores
from .judge import judge_options, open_judging
from .l_options import l_options
from .options import flagged, split_names

__all__ = ["score", "show_scores"]


@click.command()
@click.argument("source", metavar="RUN_OR_FILE", type=click.Path(path_type=Path))
@click.option("--benchmark", required=True, help="`sample`, a benchmark folder, or org/name.")
@click.option(
    "--split",
    type=click.Choice(get_args(SplitChoice)),
    help="The denominator of a predictions file.  [default: all; a run has its own]",
)
@click.option(
    "--metrics",
    help=f"Names, with commas.  [default: those of {','.join(METRICS)} that can be computed]",
)
@l_options
@judge_options
@click.option(
    "--prediction-key", help="The key of the answers, where a file does not make it clear."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for scores.json, scores.jsonl and scores.parquet.  [default: the run folder; "
    "none for a file or a submission]",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page for people.  [default: report.html beside scores.json]",
)
@json_option
def score(
    source: Path,
    benchmark: str,
    split: SplitChoice | None,
    metrics: str | None,
    l_settings: LSettings,
    prediction_key: str | None,
    out: Path | None,
    report: Path | None,
    as_json: bool,
    **judging: Any,
) -> int:
    """Score RUN_OR_FILE, a run folder or a predictions file as other harnesses write it.

    Answers that are missing or failed count as wrong and are shown. The exit status is 1 when
    there are any, or when a judge gave no verdict on an answer.

    \b
    Example:
      locomo-vqa score runs/bm25 --benchmark sample
      locomo-vqa score memobase.json --benchmark locomo --metrics f1,bleu1
      locomo-vqa score runs/bm25 --benchmark sample --judge "openai:http://host/v1?model=NAME"
    """
    names = split_names(metrics)
    folder = out or (source if _is_run(source) else None)
    page = report or (folder / REPORT if folder else None)
    if page is not None:
        check_place(page)
    asked = load_benchmark(benchmark)
    with open_judging(names, **judging) as judges:
        sheet = score_source(
            source,
            asked,
            split=split,
            metrics=names,
            prediction_key=prediction_key,
            l_settings=l_settings,
            judging=judges,
        )
    if folder is not None:
        write_scores(folder, sheet, own=folder.resolve() == source.resolve())
        write_table(folder / TABLE, sheet, asked)
    if page is not None:
        write_report(page, sheet, asked)
    if as_json:
        print_json(sheet.document)
    else:
        show_scores(sheet)
        if folder is not None:
            echo(f"Wrote {folder / 'scores.json'}, scores.jsonl and {TABLE}")
        if page is not None:
            echo(f"Wrote {page}: open it in a browser")
    return 1 if sheet.scores.rows.missing or sheet.failed or sheet.unscored else 0


def _is_run(source: Path) -> bool:
    """Return whether a source is a run folder, which keeps its scores; a submission has none."""
    return source.is_dir() and not (source / "metadata.yaml").exists()


def show_scores(sheet: ScoreReport) -> None:
    """Print the tables of a score sheet, then what a reader must know about them."""
    document = sheet.document
    computed = {n: m for n, m in document["metrics"].items() if m["state"] == "ok"}
    out = console()
    source, dataset = document["source"], document["dataset"]
    echo(
        f"{source['name']} ({source['layout']}) on {dataset['id']}, "
        f"revision {dataset['revision'][:12]}, split {dataset['split']}",
        style="bold",
    )
    if document["modes"]:
        echo(_modes(**document["modes"]))
    _show_rows(document)
    if computed:
        out.print(_metric_table(computed))
    if document["metrics"].get("v", {}).get("by_type"):
        out.print(_type_table(document["metrics"]["v"]))
    if computed:
        out.print(_conversation_table(computed))
        conversations = max(len(metric["by_conversation"]) for metric in computed.values())
        if conversations < FEW_CONVERSATIONS:
            echo(
                f"An interval over so few conversations ({conversations}) says little: it is "
                "conditional on them. Read each conversation's own number."
            )
    for name, metric in document["metrics"].items():
        if metric["state"] != "ok":
            state = metric["state"].replace("_", " ")
            echo(f"{metric_title(name)} is {state}. {flagged(metric['reason'])}")
    if document["judging"]:
        show_judging(document["judging"])
    echo("Signatures:")
    for metric in computed.values():
        echo(f"  {metric['signature']}", style="dim")


def _modes(image_handling: str, visual_handling: str) -> str:
    """Return the sentence on what was shown of pictures, and how visual questions were asked."""
    asked = {
        "given": "a visual question came with its picture",
        "recalled": "a visual question named a picture that was shared before, and came without it",
    }
    return f"pictures: {image_handling}; {asked[visual_handling]} ({visual_handling})"


def _show_rows(document: Mapping[str, Any]) -> None:
    rows = document["rows"]
    states = ", ".join(f"{number:,} {state}" for state, number in rows["states"].items())
    echo(
        f"rows: {rows['matched']:,} matched ({states or 'none'}), {rows['missing']:,} missing, "
        f"{rows['extra']:,} extra, {rows['unscored']:,} of adversarial questions, not scored",
    )
    if document["answer_length"] is not None:
        echo(f"mean answer to a text question: {document['answer_length']:.1f} words")
    if rows["missing"] and document["dataset"]["split"] == "all":
        echo("The missing count as wrong; --split test scores the test split only.")
    for note in document["notes"]:
        echo(note)
    for name, stored in document["stored"].items():
        equal = "" if stored["equal"] is None else f", {stored['equal']:,} equal to ours"
        echo(
            f"the file's own {name}: mean {stored['mean']:.4f} of {stored['rows']:,} rows{equal}",
        )


def _metric_table(computed: Mapping[str, Any]) -> Any:
    categories = [c for c in CATEGORIES if c != 5]
    clean = any(metric["clean"] for metric in computed.values())
    table = make_table(
        "Metric",
        numbers=[
            *("Overall", "95 % interval", "n"),
            *(CATEGORIES[c] for c in categories),
            *(["clean"] if clean else []),
        ],
    )
    for name, metric in computed.items():
        overall = metric["overall"]
        table.add_row(
            metric_title(name),
            _number(metric, overall),
            _interval(metric, overall["interval"]),
            f"{overall['n']:,}",
            *(_number(metric, metric["by_category"].get(str(c))) for c in categories),
            *([_number(metric, metric["clean"])] if clean else []),
        )
    return table


def _type_table(metric: Mapping[str, Any]) -> Any:
    table = make_table("Question type", numbers=["V", "95 % interval", "n"])
    for name, estimate in metric["by_type"].items():
        interval = _interval(metric, estimate["interval"])
        table.add_row(name, _number(metric, estimate), interval, f"{estimate['n']:,}")
    return table


def _conversation_table(computed: Mapping[str, Any]) -> Any:
    table = make_table("Conversation", numbers=[metric_title(name) for name in computed])
    conversations = dict.fromkeys(c for m in computed.values() for c in m["by_conversation"])
    for conversation in conversations:
        table.add_row(
            conversation,
            *(_number(m, m["by_conversation"].get(conversation)) for m in computed.values()),
        )
    return table


def _number(metric: Mapping[str, Any], estimate: Mapping[str, Any] | None) -> str:
    if estimate is None or estimate["value"] is None:
        return "–"
    return f"{estimate['value']:.{_digits(metric)}f}"


def _interval(metric: Mapping[str, Any], interval: Mapping[str, Any] | None) -> str:
    if interval is None:
        return "–"
    digits = _digits(metric)
    return f"{interval['low']:.{digits}f} … {interval['high']:.{digits}f}"


def _digits(metric: Mapping[str, Any]) -> int:
    return 1 if metric["scale"] == 100 else 4

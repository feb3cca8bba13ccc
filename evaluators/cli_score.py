"""The command `score`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from locomo_vqa.benchmark import CATEGORIES, load_benchmark
from locomo_vqa.cli_support import console, json_option, make_table, print_json, say
from locomo_vqa.errors import InputError
from locomo_vqa.runs import SplitChoice
from locomo_vqa.scores import FEW_CONVERSATIONS

from .score_sheet import ScoreSheet, score_source, write_scores
from .scoring import ALL_METRICS

__all__ = ["score", "show_scores"]

_TITLES = {
    "l": "L",
    "j": "J",
    "v": "V",
    "rouge1": "ROUGE-1",
    "meteor": "METEOR",
    "f1": "F1",
    "bleu1": "BLEU-1",
}


@click.command()
@click.argument("source", metavar="RUN_OR_FILE", type=click.Path(path_type=Path))
@click.option("--benchmark", required=True, help="`sample`, a benchmark folder, or org/name.")
@click.option(
    "--split",
    type=click.Choice(get_args(SplitChoice)),
    help="The denominator of a predictions file.  [default: all; a run has its own]",
)
@click.option(
    "--metrics", default=",".join(ALL_METRICS), show_default=True, help="Names, with commas."
)
@click.option(
    "--prediction-key", help="The key of the answers, where a file does not make it clear."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for scores.json and scores.jsonl.  [default: the run folder; none for a file "
    "or a submission]",
)
@json_option
def score(
    source: Path,
    benchmark: str,
    split: SplitChoice | None,
    metrics: str,
    prediction_key: str | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Score RUN_OR_FILE, a run folder or a predictions file as other harnesses write it.

    Answers that are missing or failed count as wrong and are shown. The exit status is 1 when
    there are any.

    \b
    Example:
      locomo-vqa score runs/bm25 --benchmark sample
      locomo-vqa score memobase.json --benchmark locomo --metrics f1,bleu1
    """
    names = _metric_names(metrics)
    sheet = score_source(
        source, load_benchmark(benchmark), split=split, metrics=names, prediction_key=prediction_key
    )
    folder = out or (source if _is_run(source) else None)
    if folder is not None:
        write_scores(folder, sheet, own=folder.resolve() == source.resolve())
    if as_json:
        print_json(sheet.document)
    else:
        show_scores(sheet)
        if folder is not None:
            say(f"Wrote {folder / 'scores.json'} and scores.jsonl")
    return 1 if sheet.scores.rows.missing or sheet.failed else 0


def _is_run(source: Path) -> bool:
    """Return whether a source is a run folder, which keeps its scores; a submission has none."""
    return source.is_dir() and not (source / "metadata.yaml").exists()


def _metric_names(metrics: str) -> list[str]:
    names = [name.strip().lower() for name in metrics.split(",") if name.strip()]
    for name in names:
        if name not in ALL_METRICS:
            raise InputError(
                f"--metrics {metrics}: there is no metric {name!r}.",
                f"The metrics are {', '.join(ALL_METRICS)}.",
            )
    if not names:
        raise InputError("--metrics names no metric.", f"Choose of {', '.join(ALL_METRICS)}.")
    return list(dict.fromkeys(names))


def show_scores(sheet: ScoreSheet) -> None:
    """Print the tables of a score sheet, then what a reader must know about them."""
    document = sheet.document
    computed = {n: m for n, m in document["metrics"].items() if m["state"] == "ok"}
    out = console()
    source, dataset = document["source"], document["dataset"]
    say(
        f"{source['name']} ({source['layout']}) on {dataset['id']}, "
        f"revision {dataset['revision'][:12]}, split {dataset['split']}",
        style="bold",
    )
    _show_rows(document)
    if computed:
        out.print(_metric_table(computed))
    if document["metrics"].get("v", {}).get("by_type"):
        out.print(_type_table(document["metrics"]["v"]))
    if computed:
        out.print(_conversation_table(computed))
        conversations = max(len(metric["by_conversation"]) for metric in computed.values())
        if conversations < FEW_CONVERSATIONS:
            say(
                f"With {conversations} conversations an interval says little: it is conditional on "
                "them. Read each conversation's own number."
            )
    for name, metric in document["metrics"].items():
        if metric["state"] != "ok":
            say(f"{_TITLES[name]} is not computed. {metric['reason']}")
    say("Signatures:")
    for metric in computed.values():
        say(f"  {metric['signature']}", style="dim")


def _show_rows(document: Mapping[str, Any]) -> None:
    rows = document["rows"]
    states = ", ".join(f"{number:,} {state}" for state, number in rows["states"].items())
    say(
        f"rows: {rows['matched']:,} matched ({states or 'none'}), {rows['missing']:,} missing, "
        f"{rows['extra']:,} extra, {rows['unscored']:,} of adversarial questions, not scored",
    )
    if document["answer_length"] is not None:
        say(f"mean answer to a text question: {document['answer_length']:.1f} words")
    if rows["missing"] and document["dataset"]["split"] == "all":
        say("The missing count as wrong; --split test scores the test split only.")
    for note in document["notes"]:
        say(note)
    for name, stored in document["stored"].items():
        equal = "" if stored["equal"] is None else f", {stored['equal']:,} equal to ours"
        say(
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
            _TITLES[name],
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
    table = make_table("Conversation", numbers=[_TITLES[name] for name in computed])
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

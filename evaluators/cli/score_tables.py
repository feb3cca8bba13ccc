"""Prints a score report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo_vqa.benchmark import CATEGORIES
from locomo_vqa.cli_support import console, echo, make_table
from locomo_vqa.metric_names import metric_title
from locomo_vqa.scores import FEW_CONVERSATIONS
from locomo_vqa.text import counted

from ..prediction_files import LAYOUT_MEANINGS
from ..scoring import ScoreReport
from .abstention_tables import print_abstention
from .failure_tables import print_failures
from .judge_tables import print_judging
from .noise_tables import print_noise
from .options import flagged, names_by_reason
from .retrieval_table import print_retrieval

__all__ = ["print_scores"]


def print_scores(report: ScoreReport) -> None:
    """Print the tables of a score report, then the notes about them."""
    document = report.document
    computed = {n: m for n, m in document["metrics"].items() if m["state"] == "ok"}
    out = console()
    _print_source(document["source"], document["dataset"])
    if document["modes"]:
        echo(_modes(**document["modes"]))
    _print_rows(document)
    if computed:
        out.print(_metric_table(computed))
    if document.get("retrieval"):
        print_retrieval(document["retrieval"])
    if document["metrics"].get("v", {}).get("by_type"):
        out.print(_type_table(document["metrics"]["v"]))
    if document.get("abstention"):
        print_abstention(document["abstention"])
    if computed:
        _print_conversations(computed)
    _print_without_value(document["metrics"])
    _print_sections(document)
    if report.failures is not None:
        print_failures(report.failures)
    if computed:
        echo("Signatures:")
    for metric in computed.values():
        echo(f"  {metric['signature']}", style="dim")


def _print_sections(document: Mapping[str, Any]) -> None:
    for name, print_section in (("noise", print_noise), ("judging", print_judging)):
        if document.get(name):
            print_section(document[name])


def _print_conversations(computed: Mapping[str, Any]) -> None:
    console().print(_conversation_table(computed))
    conversations = max(len(metric["by_conversation"]) for metric in computed.values())
    if conversations < FEW_CONVERSATIONS:
        echo(
            f"An interval over so few conversations ({conversations}) says little: it holds "
            "for these conversations only. Read each conversation's own value."
        )


def _print_without_value(metrics: Mapping[str, Any]) -> None:
    missing = {
        name: (metric["state"].replace("_", " "), metric["reason"])
        for name, metric in metrics.items()
        if metric["state"] != "ok"
    }
    for names, (state, reason) in names_by_reason(missing):
        echo(f"{names} {state}. {flagged(reason)}")


def _print_source(source: Mapping[str, str], dataset: Mapping[str, str]) -> None:
    """Print what was scored on what; whose system answered is not known of a file."""
    run = " (run)" if source["layout"] == "run" else ""
    echo(
        f"{source['name']}{run} on {dataset['id']}, "
        f"revision {dataset['revision'][:12]}, split {dataset['split']}",
        style="bold",
    )
    if source["layout"] in LAYOUT_MEANINGS and not run:
        echo(f"layout {source['layout']}: {LAYOUT_MEANINGS[source['layout']]}")


def _modes(image_handling: str, visual_handling: str) -> str:
    """Return a phrase for how images were shown, and how visual questions were asked."""
    asked = {
        "given": "each visual question came with its image",
        "recalled": "each visual question named an image shared earlier, and came without it",
    }
    return f"images: {image_handling}; {asked[visual_handling]} ({visual_handling})"


def _print_rows(document: Mapping[str, Any]) -> None:
    rows = document["rows"]
    states = ", ".join(f"{number:,} {state}" for state, number in rows["states"].items())
    echo(
        f"rows: {rows['matched']:,} matched ({states or 'none'}), {rows['missing']:,} missing, "
        f"{rows['extra']:,} extra, {rows['unscored']:,} of adversarial questions, not scored",
    )
    if document["answer_length"] is not None:
        echo(f"mean answer to a text question: {document['answer_length']:.1f} words")
    if rows["missing"] and document["dataset"]["split"] == "all":
        echo("Missing rows count as wrong; score the test split alone with --split test.")
    for note in document["notes"]:
        echo(note)
    asked = max((metric["overall"]["n"] for metric in document["metrics"].values()), default=0)
    for name, stored in document["stored"].items():
        echo(f"the file's own {name}: {_stored_text(stored, asked)}")


def _stored_text(stored: Mapping[str, Any], asked: int) -> str:
    """Return the mean of a score in a file, over which rows it is, and how it compares."""
    text = f"mean {stored['mean']:.4f} of {counted(stored['rows'], 'row')}"
    if stored["rows"] != asked:
        text += f", other rows than ours ({counted(asked, 'question')}, a missing one counts as 0)"
    if stored["equal"] is not None:
        text += f", {stored['equal']:,} equal to ours"
    if older := stored.get("older_nltk"):
        text += f"; an older NLTK explains {older:,} that differ (it kept a quote in the word)"
    return text


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
            metric_title(name) + _mark(metric),
            _number(metric, overall),
            _interval(metric, overall["interval"]),
            f"{overall['n']:,}",
            *(_number(metric, metric["by_category"].get(str(c))) for c in categories),
            *([_number(metric, metric["clean"])] if clean else []),
        )
    return table


def _mark(metric: Mapping[str, Any]) -> str:
    """Return the mark of a J that has no rank; a note says why."""
    corrected = metric.get("corrected")
    return " *" if corrected and corrected["lenient"] else ""


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

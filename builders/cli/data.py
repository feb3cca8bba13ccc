"""The commands `data import` and `data info`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from locomo_vqa.benchmark import CATEGORIES, SPLITS, Benchmark
from locomo_vqa.benchmark.locate import find_folder
from locomo_vqa.benchmark.read import read_benchmark, read_manifest, read_report
from locomo_vqa.cli_support import (
    CommandGroup,
    PathType,
    console,
    echo,
    json_option,
    make_table,
    print_json,
)
from locomo_vqa.locomo.report import FINDINGS
from locomo_vqa.text import counted

from ..importing import ImportedBenchmark, import_locomo

__all__ = ["data"]


@click.group(cls=CommandGroup)
def data() -> None:
    """Import LoCoMo, and show what is in a benchmark folder.

    \b
    Example:
      locomo-vqa data import locomo10.json --out locomo
      locomo-vqa data info locomo
    """


@data.command("import")
@click.argument("source", metavar="LOCOMO", type=PathType())
@click.option("--out", type=PathType(), required=True, help="Write the benchmark folder here.")
@click.option(
    "--errata",
    type=PathType(),
    help="Read errata of gold answers from this file; see docs/formats.md.",
)
@click.option(
    "--splits",
    type=PathType(),
    help="Choose the splits by the table [split] of this TOML file, such as a recipe; see "
    "docs/data.md.  [default: 7/1/2 in file order]",
)
@click.option("--name", default="LoCoMo", show_default=True, help="Name the benchmark.")
@json_option
def import_command(source: Path, as_json: bool, **settings: Any) -> None:
    """Import the file LOCOMO as a benchmark folder, and report what was found in it.

    Both published layouts are read: locomo10.json, and the folder with one file per conversation.

    \b
    Example:
      locomo-vqa data import locomo10.json --out locomo --errata errata.json
    """
    done = import_locomo(source, **settings)
    if as_json:
        print_json({"folder": str(done.folder), "revision": done.revision, **done.report})
    else:
        _print_import(done)


@data.command()
@click.argument("folder")
@json_option
def info(folder: str, as_json: bool) -> None:
    """Show a benchmark FOLDER (or `sample`, or org/name on the Hub) at a glance.

    \b
    Example:
      locomo-vqa data info sample
    """
    path = find_folder(folder)
    benchmark = read_benchmark(path)
    for record in benchmark.images:
        if record.sha256 is not None:
            benchmark.read_image(record.sha256)
    manifest, report = read_manifest(path), read_report(path)
    if as_json:
        print_json({"manifest": manifest, "report": report})
        return
    out = console()
    echo(f"{benchmark.name}, revision {benchmark.revision[:12]}", style="bold")
    for source in manifest["sources"]:
        echo(f"made from {source['name']}, SHA-256 {source['sha256'][:12]}…")
    if manifest["license"]:
        echo(f"licence: {manifest['license']}")
    out.print(_conversation_table(benchmark))
    out.print(_counts_table(report, benchmark))


def _print_import(done: ImportedBenchmark) -> None:
    out = console()
    out.print(_counts_table(done.report, None))
    found = make_table("Repaired, marked or left out", numbers=["Number"])
    for kind, words in FINDINGS.items():
        if number := done.report["findings"][kind]:
            found.add_row(words, f"{number:,}")
    out.print(found)
    echo(f"Wrote {done.folder}, revision {done.revision[:12]}; details: report.json")


def _counts_table(report: dict[str, Any], benchmark: Benchmark | None) -> Any:
    table = make_table("Content", "Number", "Of which")
    table.columns[1].justify = "right"
    kinds = ", ".join(
        f"{number:,} {CATEGORIES[int(category)]}"
        for category, number in report["questions_by_category"].items()
    )
    splits = ", ".join(f"{report['questions_by_split'][s]:,} {s}" for s in SPLITS)
    parts = ", ".join(f"{report['conversations_by_split'][s]} {s}" for s in SPLITS)
    table.add_row("conversations", f"{report['conversations']:,}", parts)
    table.add_row("sessions", f"{report['sessions']:,}")
    table.add_row("turns", f"{report['turns']:,}")
    urls = (
        f"{counted(report['urls'], 'URL')}, {report['urls_more_than_once']:,} more than once, "
        f"{report['urls_in_several_conversations']:,} in several conversations"
    )
    table.add_row("images", f"{report['images']:,}", urls)
    table.add_row(
        "captions", f"{report['captions']:,}", f"{report['captions_without_url']:,} alone"
    )
    table.add_row("questions", f"{report['questions']:,}", kinds)
    table.add_row("", "", splits)
    table.add_row("", "", f"{report['duplicates']:,} duplicates")
    if benchmark and benchmark.visual_questions:
        table.add_row("visual questions", f"{len(benchmark.visual_questions):,}")
    errata = report["errata"]
    if errata["issues"]:
        changed = f"{errata['change_score']:,} change what a right answer scores"
        table.add_row("errata", f"{errata['issues']:,}", changed)
    return table


def _conversation_table(benchmark: Benchmark) -> Any:
    table = make_table(
        *("Conversation", "Split", "Speakers", "Months"),
        numbers=["Sessions", "Turns", "Images", "Text", "Visual"],
    )
    for conversation in benchmark.conversations:
        turns = [turn for _, turn in conversation.turns()]
        fetched = [i.state == "ok" for t in turns for i in t.images if i.url is not None]
        asked = [
            sum(question.conversation == conversation.id for question in questions)
            for questions in (benchmark.text_questions, benchmark.visual_questions)
        ]
        first, last = conversation.sessions[0].time, conversation.sessions[-1].time
        table.add_row(
            conversation.id,
            conversation.split,
            ", ".join(conversation.speakers),
            f"{first:%Y-%m}…{last:%Y-%m}",
            f"{len(conversation.sessions)}",
            f"{len(turns)}",
            f"{sum(fetched)}/{len(fetched)}",
            *(f"{number}" for number in asked),
        )
    return table

"""Write the generated parts of `docs/paper.md`: `python scripts/make_paper_page.py`.

Everything between `<!-- begin NAME -->` and `<!-- end NAME -->` is made from what `locomo-vqa
reproduce` runs; the rest is written by hand. With `--check`, write nothing and fail if the page is
not up to date.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import locomo_vqa as lv
from locomo_vqa.evaluators.cli.step_commands import command_of
from locomo_vqa.evaluators.reproducing.cost import total_of
from locomo_vqa.evaluators.reproducing.deviations import STATUSES, all_deviations
from locomo_vqa.evaluators.reproducing.paper import COLUMNS, TABLES, load_paper
from locomo_vqa.evaluators.reproducing.reproduced_row import ReproducedRow
from locomo_vqa.evaluators.reproducing.result import Reproduction
from locomo_vqa.evaluators.reproducing.steps import Step
from locomo_vqa.evaluators.reproducing.words import shown_value

TARGET = Path(__file__).parent.parent / "docs" / "paper.md"
WIDTH = 96


def render(page: str) -> str:
    """Return the page with its generated parts made again."""
    made = {number: lv.reproduce(number, dry_run=True, progress=False) for number in TABLES}
    parts = {
        "models": models(),
        "models file": models_file(),
        "preparation": preparation(made["2"], made["1"]),
        "costs": costs(made),
        "tables": "\n".join(tables(made)),
        "choices": choices(),
    }
    for name, text in parts.items():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        page, found = re.subn(
            pattern, lambda match, text=text: f"{match[1]}{text}\n{match[2]}", page, flags=re.S
        )
        assert found == 1, f"{name}: the page needs its two marks once"
    return page


def models() -> str:
    """Return a table of the models, their ids and their servers."""
    lines = ["| the paper's model | id | name here | server |", "| --- | --- | --- | --- |"]
    for model in load_paper().models.values():
        gpus = f", {model.gpus} GPUs" if model.gpus > 1 else ""
        server = "this process" if model.serve is None else model.serve.split()[0] + gpus
        lines.append(
            f"| {model.name} | `{model.id}` ({model.id_status}) | `{model.model}` | {server} |"
        )
    return "\n".join(lines)


def models_file() -> str:
    """Return a file with every model's documented name."""
    lines = [f'"{name}" = "{model.model}"' for name, model in load_paper().models.items()]
    return fenced("toml", ["[models]", *lines])


def preparation(visual: Reproduction, text: Reproduction) -> str:
    """Return the commands that serve models and make the benchmarks."""
    paper = load_paper()
    lines = [f"{m.serve}    # {m.name}" for m in paper.models.values() if m.serve]
    lines.append(f"{paper.embedder_serve}    # embeddings")
    steps = [*text.preparation, *visual.preparation]
    return "\n\n".join(
        (fenced("bash", lines), fenced("bash", [wrapped(command_of(step)) for step in steps]))
    )


def costs(made: dict[str, Reproduction]) -> str:
    """Return a table of what each table costs at most, and all of them."""
    lines = ["| table | rows | calls | tokens in | tokens out | hours |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    rows = [(number, str(len(table.rows)), table.cost) for number, table in made.items()]
    everything = total_of([row.cost for table in made.values() for row in table.rows])
    number_of_runs = len({row.plan.folder for table in made.values() for row in table.rows})
    rows.append(("all, shared steps once", f"{number_of_runs} runs", everything))
    for name, number, cost in rows:
        least = "" if cost.hours is not None else "≥ "
        tokens = " | ".join(f"{each / 1e6:,.1f} M" for each in (cost.tokens_in, cost.tokens_out))
        lines.append(
            f"| {name} | {number} | {cost.calls:,} | {tokens} | {least}{cost.known_hours:,.0f} |"
        )
    return "\n".join(lines)


def tables(made: dict[str, Reproduction]) -> Iterator[str]:
    """Yield a section for each table: figures, then the commands that no earlier row has."""
    seen: dict[str, tuple[str, str]] = {}
    for number, table in made.items():
        yield f"### Table {number}: {table.table.title}\n"
        yield "\n".join(figures(table)) + "\n"
        for note in table.notes:
            yield f"{note}\n"
        yield from commands(number, table.rows, seen)
        names = ", ".join(each.name for each in table.deviations)
        yield f"[Choices](#choices) behind this table: {names}.\n"


def figures(made: Reproduction) -> Iterator[str]:
    """Yield the lines of the table with the paper's figures and ours."""
    names = made.table.columns
    titles = [f"{COLUMNS[name]}, {who}" for name in names for who in ("paper", "ours")]
    yield f"| row | system | {' | '.join(titles)} |"
    yield "| --- | --- |" + " ---: |" * len(titles)
    for row in made.rows:
        values = [shown_value(name, row.plan.row.values.get(name)) or "" for name in names]
        cells = " | ".join(f"{value} | " for value in values)
        yield f"| {row.plan.row.number}. {row.plan.row.label} | `{row.plan.row.system}` | {cells}|"


def commands(
    number: str, rows: Sequence[ReproducedRow], seen: dict[str, tuple[str, str]]
) -> Iterator[str]:
    """Yield a block with the commands of each row; those of an earlier row are referred to."""
    lines: list[str] = []
    for row in rows:
        here = f"row {row.plan.row.number} of table {number}"
        new = [step for step in row.plan.steps if step.key not in seen]
        old = [seen[step.key] for step in row.plan.steps if step.key in seen]
        lines.append(heading(row, old, whole=not new))
        for step in new:
            seen[step.key] = (said(step), here)
            lines.append(wrapped(command_of(step)))
    yield fenced("bash", lines) + "\n"


def heading(row: ReproducedRow, old: Sequence[tuple[str, str]], *, whole: bool) -> str:
    """Return the comment above a row's commands, with what it takes from earlier rows."""
    title, places = f"# Row {row.plan.row.number}", {place for _, place in old}
    if whole and len(places) == 1:
        return f"{title} is {places.pop()}"
    taken = ", ".join(f"the {what} of {place}" for what, place in old)
    return f"{title}, with {taken}" if taken else title


def said(step: Step) -> str:
    """Return what a step makes, in a word."""
    return {"distill_memlora": "experts", "run": "run", "score": "scores"}.get(step.call, "figures")


def choices() -> str:
    """Return the table of all choices, and what each status means."""
    lines = ["| choice | tables | the paper | here | status |", "| --- | --- | --- | --- | --- |"]
    for each in all_deviations():
        numbers = "all" if len(each.tables) == len(TABLES) else ", ".join(each.tables)
        change = f" Change it with {each.change}." if each.change else ""
        lines.append(
            f"| {each.name} | {numbers} | {each.paper} | {each.here}{change} | {each.status} |"
        )
    meanings = [f"- **{status}**: {meaning}" for status, meaning in STATUSES.items()]
    return "\n".join([*meanings, "", *lines])


def wrapped(words: Sequence[str]) -> str:
    """Return a command over lines of at most `WIDTH` characters, where its words allow it."""
    lines, rest = ["locomo-vqa"], list(map(shlex.quote, words))
    while rest:
        size = (
            2 if rest[0].startswith("--") and len(rest) > 1 and not rest[1].startswith("--") else 1
        )
        piece, rest = " ".join(rest[:size]), rest[size:]
        if len(lines[-1]) + 1 + len(piece) + 2 > WIDTH:
            lines.append(f"  {piece}")
        else:
            lines[-1] += f" {piece}"
    return " \\\n".join(lines)


def fenced(language: str, lines: Sequence[str]) -> str:
    """Return a block of code."""
    return "\n".join([f"```{language}", *lines, "```"])


if __name__ == "__main__":
    found = TARGET.read_text(encoding="utf-8")
    rendered = render(found)
    if "--check" in sys.argv:
        sys.exit(found != rendered)
    TARGET.write_text(rendered, encoding="utf-8")
    print(f"Wrote {TARGET}")

"""What `submit` asks and shows on a terminal before it sends anything."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from locomo_vqa.cli_support import console, echo, make_table

from ..submission.submit import SubmissionPlan

__all__ = ["ask_for_missing", "is_interactive", "review_plan"]

_TRAINED = {"y": True, "yes": True, "n": False, "no": False, "": None}


def is_interactive() -> bool:
    """Return whether a person can be asked: input and output are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_for_missing(
    contact: str | None, trained_on_locomo: bool | None, url: str | None
) -> tuple[str | None, bool | None, str | None]:
    """Ask for what was not given, each of which may be left out."""
    if contact is None:
        contact = _ask("An email address or account to reach you at (Enter to leave it out)")
    if trained_on_locomo is None:
        trained_on_locomo = _ask_trained()
    if url is None:
        url = _ask("The address of a description of the system (Enter to leave it out)")
    return contact, trained_on_locomo, url


def review_plan(plan: SubmissionPlan, *, to: str, asks: bool) -> None:
    """Show what will be sent, if it leaves this machine or a person looks on; ask before sending.

    Raises:
        click.exceptions.Exit: the person said no.
    """
    if not asks and "://" not in to:
        return
    _print_plan(plan)
    if asks and not click.confirm("Send it?", default=True):
        echo("Nothing was sent.")
        raise click.exceptions.Exit(1)


def _ask(question: str) -> str | None:
    answer: str = click.prompt(question, default="", show_default=False)
    return answer.strip() or None


def _ask_trained() -> bool | None:
    while True:
        answer = _ask("Was any part trained or tuned on LoCoMo? y, n, or Enter for not stated")
        if (answer or "").lower() in _TRAINED:
            return _TRAINED[(answer or "").lower()]


def _print_plan(plan: SubmissionPlan) -> None:
    from rich.text import Text

    table = make_table(plan.name, "")
    for field, value in _stated(plan.metadata):
        table.add_row(Text(field), Text(value))
    for name, size in plan.sizes.items():
        table.add_row(Text(name), Text(f"{size:,} bytes"))
    console().print(table)
    echo(plan.sentence)


def _stated(metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
    system, trained = metadata["system"], metadata["disclosure"]["trained_on_locomo"]
    fields = {
        **{name: system[name] for name in ("name", "version", "url", "commit")},
        "answerer": metadata["answerer"]["model"],
        "images": f"{metadata['image_handling']}, {metadata['visual_handling']}",
        "type": metadata["submission_type"],
        "contact": metadata["contact"],
        "trained on LoCoMo": None if trained is None else "yes" if trained else "no",
    }
    return [(name, value or "not stated") for name, value in fields.items()]

"""What `submit` asks and shows on a terminal before it sends anything."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TypeVar

import click

from locomo_vqa.cli_support import console, echo, make_table

from ..submission.submit import SubmissionPlan, TrainingSplit

__all__ = ["ask_about_training", "ask_for_missing", "is_interactive", "review_plan"]

T = TypeVar("T")
_TRAINED = {"y": True, "yes": True, "n": False, "no": False, "": None}
_ON: dict[str, TrainingSplit | None] = {
    "": None,
    "train": "train",
    "leave-one-out": "leave-one-out",
    "all": "all",
}


def is_interactive() -> bool:
    """Return whether a person can be asked: input and output are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_for_missing(contact: str | None, url: str | None) -> tuple[str | None, str | None]:
    """Ask for what was not given, each of which may be left out."""
    if contact is None:
        contact = _ask("An email address or account to reach you at (Enter to leave it out)")
    if url is None:
        url = _ask("The address of a description of the system (Enter to leave it out)")
    return contact, url


def ask_about_training(
    trained: bool | None, on: TrainingSplit | None
) -> tuple[bool | None, TrainingSplit | None]:
    """Ask whether the system was trained on LoCoMo, and on what, where it was not given."""
    if trained is None and on is None:
        trained = _ask_choice(
            "Was any part trained or tuned on LoCoMo? y, n, or Enter for not stated (no rank)",
            _TRAINED,
        )
    if trained and on is None:
        on = _ask_choice(
            "On what? train, leave-one-out, all, or Enter for not stated (no rank)", _ON
        )
    return trained, on


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


def _ask_choice(question: str, answers: Mapping[str, T]) -> T:
    while True:
        answer = (_ask(question) or "").lower()
        if answer in answers:
            return answers[answer]


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
    embedder = metadata.get("embedder")
    fields = {
        **{name: system[name] for name in ("name", "version", "url", "commit")},
        "answerer": metadata["answerer"]["model"],
        **({"embedder": " ".join(embedder.values())} if embedder else {}),
        "images": f"{metadata['image_handling']}, {metadata['visual_handling']}",
        "type": metadata["submission_type"],
        "contact": metadata["contact"],
        "trained on LoCoMo": None if trained is None else "yes" if trained else "no",
    }
    if trained:
        fields["trained on"] = metadata["disclosure"].get("training_split")
    return [(name, value or "not stated") for name, value in fields.items()]

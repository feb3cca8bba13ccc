"""Options that several of the evaluators' commands share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

import click

from locomo_vqa.cli.flags import with_flags
from locomo_vqa.metric_names import metric_title

__all__ = [
    "file_options",
    "flagged",
    "names_by_reason",
    "scored_benchmark_option",
    "split_names",
]

Reason = TypeVar("Reason", bound=Hashable)


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for predictions files whose layout doesn't determine everything."""
    for option in (
        click.option(
            "--cutoff",
            help="Read these of several answers to each question, such as `top_50`.",
        ),
        click.option(
            "--question-key",
            help="Read questions from this key, if the format doesn't determine it.",
        ),
        click.option(
            "--prediction-key",
            help="Read answers from this key, if the format doesn't determine it; dots lead into "
            "objects, as in result.answer.",
        ),
    ):
        command = option(command)
    return command


def scored_benchmark_option(*, required: bool = True) -> Callable[[Any], Any]:
    """Return the benchmark option; a run on the sample doesn't need it."""
    default = "" if required else "  [default: the sample, for a run on it]"
    return click.option(
        "--benchmark",
        required=required,
        help=f"Use this benchmark: `sample`, a folder, or org/name on the Hub.{default}",
    )


def split_names(text: str | None) -> list[str] | None:
    """Return an option's comma-separated names, each once; None if the option isn't given."""
    if text is None:
        return None
    return list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))


def names_by_reason(reasons: Mapping[str, Reason]) -> list[tuple[str, Reason]]:
    """Return metrics that share a reason as one phrase each, such as `L and BERTScore are`."""
    groups: dict[Reason, list[str]] = {}
    for name, reason in reasons.items():
        groups.setdefault(reason, []).append(metric_title(name))
    return [
        (f"{titles[0]} is" if len(titles) == 1 else f"{_listed(titles)} are", reason)
        for reason, titles in groups.items()
    ]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def flagged(text: str) -> str:
    """Return a message with its parameter names replaced by the running command's flags."""
    return with_flags(text, click.get_current_context().command)

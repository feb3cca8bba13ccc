"""Options that several commands share; each is named like the library's argument."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, get_args

import click

from locomo_vqa.cli_support import PathType
from locomo_vqa.repeats import RepeatFrom
from locomo_vqa.runs import SplitChoice

from ..hosting import DEFAULT_LIMITS

__all__ = [
    "benchmark_option",
    "budget_options",
    "hosting_options",
    "limit_options",
    "metering_options",
    "model_options",
    "repeat_options",
    "retry_option",
    "split_option",
    "system_options",
    "workers_option",
]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_SECONDS = click.FloatRange(min=0.1, max=31_536_000)
_FILE = PathType(dir_okay=False)

benchmark_option = click.option(
    "--benchmark",
    required=True,
    help="Ask about this benchmark: `sample`, a folder, or org/name on the Hub.",
)
split_option = click.option(
    "--split",
    type=click.Choice(get_args(SplitChoice)),
    default="test",
    show_default=True,
    help="Ask the questions of this split.",
)
retry_option = click.option("--retry-failed", is_flag=True, help="Ask the failed questions again.")

_PYTHON = click.option(
    "--python",
    type=PathType(),
    help="Start SYSTEM with the interpreter of its own environment (Python 3.8 or later).",
)

_ENV = click.option(
    "--env",
    multiple=True,
    metavar="NAME",
    help="Pass this environment variable to SYSTEM; may be repeated.",
)


_SANDBOX = click.option(
    "--sandbox",
    is_flag=True,
    help="Let SYSTEM see only its environment, its folder, and the proxy; needs bubblewrap.",
)


def model_options(command: _Command) -> _Command:
    """Add `--model` and `--timeout`."""
    command = click.option(
        "--timeout",
        type=click.FloatRange(min=0.1, max=86400),
        default=120.0,
        show_default=True,
        help="Limit one call to the model to this many seconds.",
    )(command)
    return click.option("--model", help="Use this model, such as openai:<base URL>?model=<name>.")(
        command
    )


def system_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--option`, which the command gets as the one mapping `options`."""

    @functools.wraps(command)
    def collect(*args: Any, options: Sequence[str], **others: Any) -> Any:
        return command(*args, options=_read_options(options), **others)

    return click.option(
        "--option",
        "options",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set an option of SYSTEM; may be repeated. docs/reference-systems.md lists them.",
    )(collect)


def limit_options(read_s: float, answer_s: float) -> Callable[[_Command], _Command]:
    """Return a decorator that adds `--python`, `--env`, `--sandbox`, and these time limits."""

    def add(command: _Command) -> _Command:
        command = click.option(
            "--answer-timeout",
            type=_SECONDS,
            default=answer_s,
            show_default=True,
            help="Limit an answer to this many seconds.",
        )(command)
        command = click.option(
            "--read-timeout",
            type=_SECONDS,
            default=read_s,
            show_default=True,
            help="Limit starting, reading one session, and flushing to this many seconds each.",
        )(command)
        return _PYTHON(_ENV(_SANDBOX(command)))

    return add


def hosting_options(command: _Command) -> _Command:
    """Add the options for where a system runs, and what it may use."""
    command = click.option(
        "--memory-limit",
        type=click.FloatRange(min=0, min_open=True),
        metavar="GB",
        help="Limit all processes of a conversation together to this many gigabytes of memory.",
    )(command)
    command = limit_options(DEFAULT_LIMITS.read_s, DEFAULT_LIMITS.answer_s)(command)
    return click.option(
        "--jobs",
        type=click.IntRange(min=1, max=1000),
        default=1,
        show_default=True,
        help="Run this many conversations at once.",
    )(command)


workers_option = click.option(
    "--workers",
    metavar="ray[:ADDRESS]",
    help="Run conversations on the nodes of this Ray cluster, --jobs on each.",
)


def budget_options(command: _Command) -> _Command:
    """Add the options that say what a run will cost, and limit it."""
    command = click.option(
        "--sample-questions",
        type=click.IntRange(min=1),
        default=10,
        show_default=True,
        metavar="N",
        help="With --estimate: ask N questions of each of the two conversations.",
    )(command)
    command = click.option(
        "--estimate",
        is_flag=True,
        help="Only make the beginning of the run, and estimate what the whole will cost.",
    )(command)
    return _BUDGET(command)


def metering_options(command: _Command) -> _Command:
    """Add the options for counting, recording, and replaying calls."""
    for option in reversed(_METERING):
        command = option(command)
    return command


_METERING = (
    click.option(
        "--meter/--no-meter",
        default=True,
        show_default=True,
        help="Count the calls to an endpoint, in calls.jsonl of the run folder.",
    ),
    click.option("--record", type=_FILE, help="Record the endpoint's replies in this file."),
    click.option(
        "--replay",
        type=_FILE,
        help="Replay the replies in this file; request missing ones, and add them to it.",
    ),
    click.option(
        "--strict", is_flag=True, help="With --replay: refuse requests without a recorded reply."
    ),
    click.option("--prices", type=_FILE, help="Use these model prices, not the bundled table."),
)
_BUDGET = click.option(
    "--budget",
    type=click.FloatRange(min=0),
    metavar="DOLLARS",
    help="Stop in order before the calls cost more than this, with exit status 1.",
)


def repeat_options(command: _Command) -> _Command:
    """Add the options for several runs of one system."""
    for option in reversed(_REPEATING):
        command = option(command)
    return command


_REPEATING = (
    click.option(
        "--repeat",
        type=click.IntRange(min=2, max=1000),
        metavar="N",
        help="Run N times, each with its own seed, in folders beside each other in --out.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=1,
        show_default=True,
        help="With --repeat: the seed of the first run; each further one's is larger by 1.",
    ),
    click.option(
        "--repeat-from",
        type=click.Choice(get_args(RepeatFrom)),
        default="memory",
        show_default=True,
        help="With --repeat: read and ask again, or only ask again what the first run remembers.",
    ),
)


def _read_options(given: Sequence[str]) -> Mapping[str, str]:
    options: dict[str, str] = {}
    for text in given:
        name, mark, value = text.partition("=")
        if not mark or not value:
            raise click.BadParameter(f"{text!r} must have the form NAME=VALUE.")
        if name in options:
            raise click.BadParameter(f"{name} is given twice; give it once.")
        options[name] = value
    return options

"""The command `demo`: every step once on the sample, with the commands that a user would type."""

from __future__ import annotations

import re
from pathlib import Path

import click

from locomo_vqa.cli_support import PathType
from locomo_vqa.errors import LocomoVqaError, OutputError

__all__ = ["demo"]

DATE = "2026-01-01"
"""The date of the demo's submissions, fixed so that the board is always the same."""


@click.command()
@click.option(
    "--out",
    type=PathType(),
    default=Path("locomo-vqa-demo"),
    show_default=True,
    help="Create this folder.",
)
@click.pass_context
def demo(ctx: click.Context, out: Path) -> None:
    """Run every step once: build a data set, run memory systems, score, verify, build a page.

    The systems answer the questions of the included sample: with captions and with pixels, and on
    a small model without experts and with them. J is by rules, because no judge model is included.
    Repeat the command to continue a demo that was interrupted.

    \b
    Example:
      locomo-vqa demo --out demo
    """
    if out.exists() and not _can_continue(out):
        raise OutputError(f"{out}: already exists.", "Remove it, or choose another `out`.")
    for arguments in _demo_commands(out):
        try:
            _run_command(ctx, arguments)
        except BaseException as error:
            click.echo(
                f"\nThe demo stopped at `locomo-vqa {' '.join(arguments)}`. What it made so far is "
                f"in {out}. Repeat the command to continue, or remove that folder.",
                err=True,
            )
            if isinstance(error, LocomoVqaError):
                raise _as_error_of_demo(error) from None
            raise
    page = (out / "site" / "index.html").resolve()
    click.echo(f"\nThe board: {page.as_uri()}")


_MADE = frozenset(("build", "benchmark", "runs", "board"))
"""The content of the folder before the page is written."""


def _can_continue(out: Path) -> bool:
    """Return whether a folder is empty, or of a demo that was interrupted."""
    if not out.is_dir():
        return False
    names = {path.name for path in out.iterdir()}
    shown = {name for name in names if not name.startswith(".")}
    return not names or ("build" in shown and shown <= _MADE)


_SMALL = ("--model", "embedded:student")
_RUNS = (
    ("bm25", "bm25", (*_SMALL, "--images", "caption")),
    ("mem0-captions", "mem0-captions", (*_SMALL, "--images", "caption")),
    ("mem0-v", "mem0-v", _SMALL),
    ("memlora-v", "memlora-v", (*_SMALL, "--option", "experts=sample")),
    ("large", "mem0-v", ("--model", "embedded:text-large", "--option", "vision=embedded:large")),
)
"""Each run's folder, system, and further arguments; the small model is the same in all but one."""

_COMPARED = (("mem0-captions", "mem0-v"), ("mem0-v", "memlora-v"))
"""Captions and pixels; no experts and experts. Each pair is one model."""

_MEASURED = ("--judge", "rules", "--l-preset", "minilm")


def _demo_commands(out: Path) -> list[list[str]]:
    benchmark, board, runs = str(out / "benchmark"), str(out / "board"), out / "runs"
    sample = ["--benchmark", "sample"]
    commands = [
        ["build", "run", "sample", "--work", str(out / "build"), "--out", benchmark],
        ["data", "info", benchmark],
    ]
    said = ["--date", DATE, "--not-trained-on-locomo"]
    for folder, system, arguments in _RUNS:
        run = str(runs / folder)
        commands += [
            ["run", system, *arguments, *sample, "--split", "all", "--out", run],
            ["submit", run, "--to", board, *said],
        ]
    compared = [
        ["compare", str(runs / one), str(runs / two), *sample, "--metrics", "v,f1"]
        for one, two in _COMPARED
    ]
    return [
        *commands,
        ["score", str(runs / "memlora-v"), *sample, *_MEASURED],
        *compared,
        ["leaderboard", "verify", board, *sample, *_MEASURED],
        ["leaderboard", "build", board, *sample, "--out", str(out / "site")],
    ]


_FOLDERS = re.compile("`(?:work|to)`")
"""The steps' parameters for what is in the demo's folder."""


def _as_error_of_demo(error: LocomoVqaError) -> LocomoVqaError:
    """Return a step's error with the demo's parameter in place of the step's."""
    message, remedy = (_FOLDERS.sub("`out`", text) for text in (error.message, error.remedy))
    return type(error)(message, remedy)


def _run_command(ctx: click.Context, arguments: list[str]) -> None:
    """Run one command as if it had been typed."""
    click.secho(f"\n$ locomo-vqa {' '.join(arguments)}", bold=True)
    root = ctx.find_root()
    with root.command.make_context("locomo-vqa", arguments, parent=None) as step:
        root.command.invoke(step)

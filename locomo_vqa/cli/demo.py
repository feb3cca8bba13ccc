"""The command `demo`: every step once on the sample, with the commands that a user would type."""

from __future__ import annotations

import re
from pathlib import Path

import click

from locomo_vqa.errors import LocomoVqaError, OutputError

__all__ = ["demo"]

DATE = "2026-01-01"
"""The date of the demo's submissions, fixed so that the board is always the same."""


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("locomo-vqa-demo"),
    show_default=True,
    help="Create this folder.",
)
@click.pass_context
def demo(ctx: click.Context, out: Path) -> None:
    """Build a benchmark from the sample, run systems on it, score, submit, verify, build a page.

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


_RUNS = (
    ("no-memory", "no-memory", "none", None),
    ("bm25", "bm25", "caption", None),
    ("embedded-captions", "no-memory", "caption", "embedded:large"),
    ("embedded-small", "no-memory", "pixels", "embedded:small"),
    ("embedded-large", "no-memory", "pixels", "embedded:large"),
)
"""Each run's name on the board, system, image mode and model."""

_COMPARED = ("embedded-captions", "embedded-large")
"""The same model with captions alone, and with pixels."""


def _demo_commands(out: Path) -> list[list[str]]:
    benchmark, board = str(out / "benchmark"), str(out / "board")
    commands = [
        ["build", "run", "sample", "--work", str(out / "build"), "--out", benchmark],
        ["data", "info", benchmark],
    ]
    said = ["--date", DATE, "--not-trained-on-locomo"]
    for name, system, images, model in _RUNS:
        run = str(out / "runs" / name)
        asked = ["--model", model] if model else []
        asked += ["--benchmark", benchmark, "--images", images]
        commands += [
            ["run", system, *asked, "--out", run],
            ["submit", run, "--to", board, "--name", name, *said],
        ]
    captions, pixels = (str(out / "runs" / name) for name in _COMPARED)
    return [
        *commands,
        ["score", pixels, "--benchmark", benchmark],
        ["compare", captions, pixels, "--benchmark", benchmark, "--metrics", "v"],
        ["leaderboard", "verify", board, "--benchmark", benchmark],
        ["leaderboard", "build", board, "--out", str(out / "site")],
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

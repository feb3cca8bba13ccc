"""The root command, which imports each subcommand only when it runs.

Exit status: 0 done; 1 done, but something failed or is incomplete; 2 wrong usage or input;
130 after Ctrl-C; 143 after SIGTERM.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from locomo_vqa._version import __version__
from locomo_vqa.cli.flags import find_command, with_flags
from locomo_vqa.cli.streams import prepare_streams
from locomo_vqa.cli_support import CommandGroup
from locomo_vqa.keys import scrub
from locomo_vqa.text import printable
from locomo_vqa.wings import load_by_name

__all__ = ["COMMANDS", "main", "with_flags"]

COMMANDS = {
    "demo": ("locomo_vqa.cli.demo:demo", "Run every step once on the embedded sample."),
    "data": (
        "locomo_vqa.builders.cli.data:data",
        "Import LoCoMo, and describe a benchmark folder.",
    ),
    "build": (
        "locomo_vqa.builders.cli.build:build",
        "Build the data set: images, questions, selection.",
    ),
    "run": ("locomo_vqa.evaluators.cli.run:run", "Run a memory system on a benchmark."),
    "replay": (
        "locomo_vqa.evaluators.cli.replay:replay",
        "Repeat the run of a bundle from its recorded replies.",
    ),
    "score": ("locomo_vqa.evaluators.cli.score:score", "Score a run or a predictions file."),
    "compare": (
        "locomo_vqa.evaluators.cli.compare:compare",
        "Compare systems on the same questions.",
    ),
    "frontier": (
        "locomo_vqa.evaluators.cli.frontier:frontier",
        "Show score against tokens, price or time over runs.",
    ),
    "efficiency": (
        "locomo_vqa.evaluators.cli.efficiency:efficiency",
        "Show the model sizes, tokens and times of runs.",
    ),
    "reproduce": (
        "locomo_vqa.evaluators.cli.reproduce:reproduce",
        "Run a table of the MemLoRA paper beside its figures.",
    ),
    "ablate": (
        "locomo_vqa.evaluators.cli.ablate:ablate",
        "Compare V with the right images, none, and wrong ones.",
    ),
    "judge-check": (
        "locomo_vqa.evaluators.cli.judge:judge_check",
        "Measure a judge on answers with known verdicts.",
    ),
    "check": (
        "locomo_vqa.evaluators.cli.check:check",
        "Test the adapter of a memory system before a run.",
    ),
    "systems": (
        "locomo_vqa.evaluators.cli.systems:systems",
        "List memory systems, and set up third-party ones.",
    ),
    "distill": (
        "locomo_vqa.evaluators.cli.distill:distill",
        "Teach a small model what a large one remembers and answers.",
    ),
    "submit": ("locomo_vqa.leaderboard.cli.submit:submit", "Send a run to a leaderboard."),
    "leaderboard": (
        "locomo_vqa.leaderboard.cli.leaderboard:leaderboard",
        "Verify submissions, and build the board's site.",
    ),
}
"""Where each command is defined, and its line in the help."""


class Terminated(KeyboardInterrupt):
    """The process was asked to end; as with Ctrl-C, only the command line catches this."""


class LazyGroup(CommandGroup):
    """A group whose commands are imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = load_by_name(COMMANDS[cmd_name][0])
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "LOCOMO_VQA"},
)
@click.version_option(__version__, prog_name="locomo-vqa")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Build, run and score LoCoMo-VQA, the benchmark for multimodal memory systems.

    Every option has an environment variable: LOCOMO_VQA_<COMMAND>_<OPTION>.

    \b
    Example:
      locomo-vqa demo
      locomo-vqa run bm25 --benchmark sample --split test --out runs/bm25
      locomo-vqa score runs/bm25 --benchmark sample
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line, and exit with its status."""
    arguments = list(sys.argv[1:] if args is None else args)
    signal.signal(signal.SIGTERM, _raise_terminated)
    prepare_streams()
    debug = "--debug" in arguments or _is_set("LOCOMO_VQA_DEBUG")
    try:
        status: Any = cli.main(arguments, prog_name="locomo-vqa", standalone_mode=False)
    except click.ClickException as error:
        shown = io.StringIO()
        _with_option_hint(error).show(shown)
        click.echo(scrub(shown.getvalue()), err=True, nl=False)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        click.echo("Interrupted. Finished work is kept.", err=True)
        for note in _notes_of(error):
            click.echo(printable(with_flags(note, find_command(cli, arguments))), err=True)
        terminated = isinstance(error, Terminated) or isinstance(error.__cause__, Terminated)
        sys.exit(128 + (signal.SIGTERM if terminated else signal.SIGINT))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - what any of them says may have a key
        if debug:
            sys.stderr.write(printable(traceback.format_exc()))
            sys.exit(1)
        sys.exit(_report_error(error, arguments))
    sys.exit(status if isinstance(status, int) else 0)


def _with_option_hint(error: click.ClickException) -> click.ClickException:
    """Return an error that says what an option is called now, if it was renamed."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return error
    from locomo_vqa.cli_names import option_hint

    hint = option_hint(error.option_name, error.ctx.command)
    if hint is None:
        return error
    return click.UsageError(f"{error.message} {hint}", error.ctx)


def _raise_terminated(number: int, frame: object) -> None:
    """Shut down cleanly: unfinished files are removed, finished ones are kept."""
    raise Terminated


def _notes_of(error: BaseException) -> list[str]:
    """Return the notes of an error; click raises one of its own from it."""
    return [*getattr(error, "__notes__", ()), *getattr(error.__cause__, "__notes__", ())]


def _is_set(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in ("1", "true", "yes", "on")


def _encoding_message(error: UnicodeEncodeError) -> str:
    """Say whether a name is broken, or the locale lacks one of its characters."""
    text = error.object[error.start : error.end]
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "Error: an argument or a file's name is not UTF-8 text.\nRename it."
    return (
        f"Error: the locale's encoding, {error.encoding}, has no {printable(text[:20])!a}.\n"
        "Set a locale with UTF-8, such as LC_ALL=C.UTF-8, or PYTHONUTF8=1."
    )


def _report_error(error: Exception, arguments: Sequence[str]) -> int:
    from locomo_vqa.errors import BudgetReached, LocomoVqaError

    if isinstance(error, BudgetReached):
        text = with_flags(f"{error.message}\n{error.remedy}", find_command(cli, arguments))
        click.echo(printable(text), err=True)
        return 1
    if isinstance(error, LocomoVqaError):
        text = with_flags(f"Error: {error.message}\n{error.remedy}", find_command(cli, arguments))
        click.echo(printable(text), err=True)
    elif isinstance(error, UnicodeEncodeError):
        click.echo(_encoding_message(error), err=True)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        click.echo(
            f"Error: {printable(place)}{error.strerror or printable(str(error))}\n"
            "Finished work is kept. Fix the cause, then run the same command again.",
            err=True,
        )
    else:
        click.echo(
            f"Error: {type(error).__name__}: {printable(str(error))}\n"
            "This is a bug in locomo-vqa. Please report it with the output of --debug.",
            err=True,
        )
    return 2

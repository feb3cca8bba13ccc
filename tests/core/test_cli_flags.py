"""Errors name parameters in the library, and flags on the command line."""

from __future__ import annotations

import click
import pytest

from locomo_vqa.cli import cli
from locomo_vqa.cli.flags import find_command, with_flags

COMMAND = click.Command(
    "score",
    params=[
        click.Argument(["run"]),
        click.Argument(["source"], metavar="FOLDER"),
        click.Option(["-b", "--benchmark"]),
        click.Option(["--json", "as_json"], is_flag=True),
        click.Option(["--top-k"]),
    ],
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`benchmark` x: not found.", "--benchmark x: not found."),
        ("Choose `as_json` or `top_k`.", "Choose --json or --top-k."),
        ("`run` must be a folder, like `source`.", "RUN must be a folder, like FOLDER."),
        ("`other` stays, and so do `locomo-vqa run` and `a.b`.", None),
        ("a lone ` and `benchmark", None),
    ],
)
def test_parameters_become_flags(text: str, shown: str | None) -> None:
    assert with_flags(text, COMMAND) == (shown or text)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["score", "build", "--benchmark", "run"], "score"),
        (["--debug", "score"], "score"),
        (["leaderboard", "verify", "score"], "verify"),
        (["leaderboard", "--help"], "leaderboard"),
        (["leaderboard"], "leaderboard"),
        (["--debug"], "cli"),
        (["fly", "score"], "cli"),
        (["--no-such-option", "score"], "cli"),
        ([], "cli"),
    ],
)
def test_the_command_that_was_called_is_found(arguments: list[str], name: str) -> None:
    assert find_command(cli, arguments).name == name


class Group(click.Group):
    """A group whose commands can't be imported, but for one."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "score":
            return COMMAND
        raise ImportError(cmd_name)


GROUP = Group("group", params=[click.Option(["--to"])])


def test_the_value_of_an_option_is_not_taken_for_a_command() -> None:
    assert find_command(GROUP, ["--to", "broken", "score"]) is COMMAND
    assert find_command(GROUP, ["--to=broken", "score", "broken"]) is COMMAND


def test_a_command_that_can_t_be_imported_is_no_second_error() -> None:
    assert find_command(GROUP, ["broken"]) is GROUP

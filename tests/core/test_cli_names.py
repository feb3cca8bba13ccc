"""Commands and options that were renamed, guessed or misspelt lead to today's names."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT, Cli


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (
            ["data", "images", "d", "--out", "e"],
            "locomo-vqa build images --benchmark DIR --out DIR2",
        ),
        (["data", "publish", "d"], "locomo-vqa build publish --benchmark DIR"),
        (["systems", "setup", "mem0ai-1"], "locomo-vqa systems install NAME"),
        (["ablate", "bm25", "--modes", "pixels"], "'--modes'. It is now called --images."),
        (
            ["build", "images", "--look-distance", "3"],
            "'--look-distance'. It is now called --phash",
        ),
        (["systems", "install", "x", "--again"], "'--again'. It is now called --reinstall."),
        (["rnu"], "Did you mean 'run'?"),
        (["evaluate", "x"], "Did you mean 'score'?"),
        (["publish"], "Did you mean 'build publish'?"),
        (["verfiy"], "Did you mean 'leaderboard verify'?"),
        (["build", "imgaes"], "Did you mean 'images'?"),
        (["systems", "instal"], "Did you mean 'install'?"),
        (["run", "bm52", "--benchmark", "sample", "--out", "r"], "Did you mean 'bm25'?"),
        (["run", "bm25", "--benchmark", "smaple", "--out", "r"], "Did you mean 'sample'?"),
    ],
)
def test_a_wrong_name_gets_a_hint(cli: Cli, arguments: list[str], hint: str) -> None:
    done = cli(*arguments)
    assert done.returncode == 2
    assert hint in done.stderr.replace("\n", " ")


def test_a_word_like_no_command_gets_no_hint(cli: Cli) -> None:
    done = cli("zzzzqqq")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "Error: No such command 'zzzzqqq'."


def test_every_renamed_command_of_the_changelog_gets_a_hint(cli: Cli) -> None:
    table = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("Renamed since")[2]
    rows = re.findall(r"^\| `([a-z]+) ([a-z]+) [^`]*` \| `([a-z]+ [a-z]+)", table, re.MULTILINE)
    renamed = [(group, name, now) for group, name, now in rows if f"{group} {name}" != now]
    assert len(renamed) >= 3
    for group, name, now in renamed:
        assert f"locomo-vqa {now}" in cli(group, name, "x").stderr

"""The command line: quick help, an example for every command, and errors that are sentences."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from locomo_vqa.cli import COMMANDS, cli
from locomo_vqa.metric_names import METRICS
from scripts.make_command_docs import walk
from tests.conftest import ROOT, Cli
from tests.core.locomo_example import sample

HEAVY = ("torch", "transformers", "datasets", "pandas", "nltk", "scipy", "numpy", "PIL", "rich")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "locomo_vqa", *arguments],
        capture_output=True,
        text=True,
    )
    imported = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "locomo_vqa.cli" in imported
    assert not imported.intersection(HEAVY)


def test_the_help_of_no_command_imports_anything_heavy() -> None:
    """What a command needs is imported when it runs, not to show its options."""
    program = """
import sys
from locomo_vqa.cli import cli
from scripts.make_command_docs import walk

for path, command in walk(cli, ["locomo-vqa"]):
    print(*path[-1:])
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *commands, modules = done.stdout.splitlines()
    assert {"score", "judge-check", "memlora"} < set(commands)
    assert not set(modules.split()).intersection(HEAVY)


def test_every_command_has_an_example_and_every_option_a_help() -> None:
    for path, command in walk(cli, ["locomo-vqa"]):
        assert command.help, path
        assert re.search(r"Example:\n +locomo-vqa ", command.help.replace("\b\n", "")), path
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)


def test_an_empty_path_is_refused_by_every_command() -> None:
    """It would mean the current folder; the usual cause is a variable that a script did not set."""
    paths = {
        (*path[1:], parameter.name): parameter
        for path, command in walk(cli, ["locomo-vqa"])
        for parameter in command.params
        if isinstance(parameter.type, click.Path)
    }
    assert {("run", "out"), ("leaderboard", "verify", "folder")} < set(paths)
    for name, parameter in paths.items():
        with pytest.raises(click.BadParameter, match="The path is empty"):
            parameter.type.convert("", parameter, None)
            pytest.fail(f"{name} takes an empty path")


@pytest.mark.slow
def test_the_command_reference_is_up_to_date() -> None:
    script = ROOT / "scripts" / "make_command_docs.py"
    done = subprocess.run([sys.executable, script, "--check"])
    assert done.returncode == 0, "run scripts/make_command_docs.py"


def test_the_root_lists_every_command(cli_process: Cli) -> None:
    done = cli_process("--help")
    assert done.returncode == 0
    listed = done.stdout.split("Commands:")[1]
    assert re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE) == list(COMMANDS)


@pytest.mark.slow
def test_options_have_environment_variables(cli_process: Cli, tmp_path: Path) -> None:
    done = cli_process(
        *("run", "no-memory", "--out", "run"),
        LOCOMO_VQA_RUN_BENCHMARK="sample",
        LOCOMO_VQA_RUN_SPLIT="validation",
    )
    assert done.returncode == 0, done.stderr
    assert '"split": "validation"' in (tmp_path / "run" / "run.json").read_text()


WRONG = {
    "an unknown command": (["fly"], "No such command"),
    "a misspelt command": (["scroe"], "No such command 'scroe'. Did you mean 'score'?"),
    "no benchmark": (["score", __file__], "--benchmark must be given"),
    "predictions that are not there": (["score", "x"], "x: the predictions file does not exist"),
    "a benchmark that is not there": (
        ["run", "bm25", "--benchmark", "nowhere", "--out", "run"],
        "nowhere: is not a benchmark folder",
    ),
    "a system that is not there": (
        ["run", "bm26", "--benchmark", "sample", "--out", "run"],
        "Did you mean 'bm25'?",
    ),
    "a module that is not there": (
        ["run", "nowhere:Class", "--benchmark", "sample", "--out", "run"],
        "the module nowhere can't be imported",
    ),
    "a class that is not there": (
        ["run", "json:Class", "--benchmark", "sample", "--out", "run"],
        "has no class 'Class'",
    ),
    "a class that is no system": (
        ["run", "json:JSONDecoder", "--benchmark", "sample", "--out", "run"],
        "has no method open()",
    ),
    "a split that is not there": (
        ["run", "bm25", "--benchmark", "sample", "--split", "dev", "--out", "run"],
        "'dev' is not one of",
    ),
    "an empty path": (
        ["data", "import", "nowhere.json", "--out", ""],
        "Invalid value for '--out': The path is empty.",
    ),
    "a LoCoMo file that is not there": (
        ["data", "import", "nowhere.json", "--out", "x"],
        "nowhere.json: the LoCoMo file does not exist",
    ),
    "a predictions file that is not there": (
        ["score", "nowhere.json", "--benchmark", "sample"],
        "nowhere.json",
    ),
    "a metric that is not there": (
        ["score", "nowhere.json", "--benchmark", "sample", "--metrics", "f1,f2"],
        f"--metrics may contain {', '.join(METRICS)}, not 'f2'",
    ),
    "a run that is not there": (
        ["submit", "nowhere", "--to", "board", "--contact", "x"],
        "nowhere",
    ),
    "a board that is not there": (
        ["leaderboard", "verify", "nowhere", "--benchmark", "sample"],
        "nowhere",
    ),
    "a board that was not verified": (
        ["leaderboard", "build", "nowhere", "--out", "site"],
        "nowhere",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_a_sentence_and_nothing_is_written(
    name: str, cli_process: Cli, tmp_path: Path
) -> None:
    arguments, message = WRONG[name]
    done = cli_process(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(cli_process: Cli) -> None:
    done = cli_process("--debug", "data", "info", "nowhere")
    assert "Traceback" in done.stderr
    assert done.returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--debug",)])
def test_no_error_shows_a_key(cli: Cli, arguments: Sequence[str]) -> None:
    """The key stands where a path, or another part of a model's name, belongs."""
    key = "sk-planted-0123456789"
    model = "openai:http://127.0.0.1:9/v1?model=m&key=MINE"
    at = ("run", "full-context", "--benchmark", "sample", "--model", model)
    for command in (
        (*at, "--prices", key),
        (*at, "--budget", "1", "--prices", key),
        (*at, "--replay", f"{key}/{key}"),
        (*at, "--replay", key, "--strict"),
    ):
        done = cli(*arguments, *command, MINE=key)
        assert done.returncode in (1, 2)
        assert "planted" not in done.stdout + done.stderr, command
    for option in (f"key={key}", f"api_key={key}", f"token={key}"):
        done = cli(*arguments, *at[:-1], f"openai:http://h/v1?model=m&{option}")
        assert done.returncode in (1, 2)
        assert "planted" not in done.stdout + done.stderr, option


def test_a_reader_that_leaves_early_is_no_fault() -> None:
    command = f"{sys.executable} -m locomo_vqa data info sample --json | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stdout.startswith("{")
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_a_sentence(cli_process: Cli) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    done = cli_process("data", "import", "/dev/full/x.json", "--out", "/dev/full/out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_end_that_is_asked_for_leaves_nothing_half_made(tmp_path: Path) -> None:
    """SIGTERM while a folder is being written: no part of it, and no temporary folder, stays."""
    code = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from locomo_vqa import cli, files\n"
        "def slow(*a, **k):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "import locomo_vqa.benchmark.write as f\n"
        "f.write_jsonl = slow\n"
        "cli.main(['data', 'import', 'locomo.json', '--out', 'out'])\n"
    )
    (tmp_path / "locomo.json").write_text(json.dumps([sample()]))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)
    assert done.returncode == 143, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["locomo.json"]

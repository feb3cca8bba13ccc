"""Every example runs as a reader would run it, and prints what it promises."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Cli

EXAMPLES = ROOT / "examples"


def run_example(name: str, folder: Path) -> str:
    """Run an example in an empty folder and return what it prints."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / name],
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "error::DeprecationWarning:__main__"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_run_here() -> None:
    named = {"own_system.py", "own_predictions.py", "build_dataset.py", "session.py"}
    named.add("search_only.py")
    assert {path.name for path in EXAMPLES.glob("*.py")} == named
    assert [path.name for path in EXAMPLES.glob("*.ipynb")] == ["notebook.ipynb"]


@pytest.mark.slow
def test_a_system_of_your_own(tmp_path: Path) -> None:
    printed = run_example("own_system.py", tmp_path)
    assert printed.startswith("<ScoreReport of WordOverlap")
    assert [line.split()[0] for line in printed.splitlines()[3:]] == ["1", "2", "3", "4"]


@pytest.mark.slow
def test_a_system_that_only_retrieves_passes_its_check(tmp_path: Path, cli: Cli) -> None:
    shutil.copy(EXAMPLES / "search_only.py", tmp_path)
    done = cli("check", "search_only:FullTextSearch", "--json")
    assert done.returncode == 0, done.stdout
    states = json.loads(done.stdout)["states"]
    assert (states["fail"], states["warn"], states["skipped"]) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_a_server_in_another_language(cli: Cli) -> None:
    command = [str(shutil.which("node")), str(EXAMPLES / "server.mjs"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            checked = json.loads(cli("check", address, "--json").stdout)
            at = ("--benchmark", "sample", "--split", "validation")
            done = cli("run", address, *at, "--out", "run")
        finally:
            server.terminate()
    found = {point["id"]: point["state"] for point in checked["results"]}
    assert {id for id, state in found.items() if state == "fail"} == set()
    assert found["second-run"] == found["isolation"] == "pass"
    assert done.returncode == 0, done.stderr
    assert "61 questions: " in done.stdout


@pytest.mark.slow
def test_answers_you_already_have(tmp_path: Path) -> None:
    lines = run_example("own_predictions.py", tmp_path).splitlines()
    assert [line.split()[0] for line in lines] == ["dict", "frame", "file"]
    assert len({line.split(maxsplit=1)[1] for line in lines}) == 1


@pytest.mark.slow
def test_the_data_set_is_built(tmp_path: Path) -> None:
    run_example("build_dataset.py", tmp_path)


@pytest.mark.slow
def test_a_whole_session(tmp_path: Path) -> None:
    run_example("session.py", tmp_path)
    assert (tmp_path / "site" / "index.html").is_file()


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("text/html" in output.get("data", {}) for output in shown)

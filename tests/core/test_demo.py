"""The demo ends with a page, and everything on the way is real."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from locomo_vqa.cli import main
from tests.conftest import Cli


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demo(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCOMO_VQA_L_MODELS")  # The packaged encoder of L is used.
    done = cli("demo", "--out", "demo")
    assert done.returncode == 0, done.stderr
    page = tmp_path / "demo" / "site" / "index.html"
    assert done.stdout.rstrip().endswith(page.as_uri())
    board = json.loads((tmp_path / "demo" / "board" / "board.json").read_text())
    assert [entry["state"] for entry in board["entries"]] == ["rescored"] * 5
    with (page.parent / "results.csv").open(encoding="utf-8") as stream:
        rows = {(row["system"], row["answerer"]): row for row in csv.DictReader(stream)}
    small = "embedded:student"
    values = {
        name: {metric: float(row[metric]) for metric in ("v", "l", "j", "f1")}
        for name, row in rows.items()
    }
    captions, pixels, experts = (
        values[name, small] for name in ("mem0-captions", "mem0-v", "memlora-v")
    )
    assert pixels["v"] > captions["v"] + 20, "pixels answer where captions fail"
    assert experts["v"] > pixels["v"] + 5, "experts lift the small model"
    assert experts["f1"] > pixels["f1"] + 0.05
    assert experts["j"] > pixels["j"]
    assert all(value > 0 for found in values.values() for value in found.values())
    assert "Experts instead of none, on embedded:student" in page.read_text(encoding="utf-8")
    again = cli("demo", "--out", "demo")
    assert again.returncode == 2
    assert "already exists" in again.stderr


@pytest.mark.slow
def test_a_demo_that_fails_says_what_to_remove(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its steps are replaced by one that fails after another that made something."""
    made, missing = tmp_path / "demo" / "build", tmp_path / "demo" / "missing"
    steps = [["build", "ingest", "sample", "--work", str(made)], ["data", "info", str(missing)]]
    monkeypatch.setattr("locomo_vqa.cli.demo._demo_commands", lambda out: steps)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--out", str(tmp_path / "demo")])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"The demo stopped at `locomo-vqa data info {missing}`" in said
    assert f"is in {tmp_path / 'demo'}. Repeat the command to continue" in said
    assert f"Error: {missing}: is not a benchmark folder" in said
    assert made.is_dir()


def test_a_step_that_can_not_write_names_the_demos_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").touch()
    steps = [["build", "ingest", "sample", "--work", str(taken)]]
    monkeypatch.setattr("locomo_vqa.cli.demo._demo_commands", lambda out: steps)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--out", str(tmp_path / "demo")])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"Error: {taken}: already exists and is not the work folder of a build." in said
    assert said.rstrip().endswith("Choose another --out.")


@pytest.mark.parametrize(
    ("names", "goes_on"),
    [
        ((), True),
        (("build",), True),
        (("build", "benchmark", "runs", "board", ".site.abcd1234.part"), True),
        (("build", "benchmark", "runs", "board", "site"), False),
        (("build", "thesis.txt"), False),
        (("runs",), False),
    ],
)
def test_only_a_demo_that_was_interrupted_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], goes_on: bool
) -> None:
    for name in names:
        (tmp_path / name).mkdir()
    monkeypatch.setattr("locomo_vqa.cli.demo._demo_commands", lambda out: [])
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--out", str(tmp_path)])
    assert ended.value.code == (0 if goes_on else 2)

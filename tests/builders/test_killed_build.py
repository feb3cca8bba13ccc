"""Kills and full disks at the moments of every stage of a build, and of what needs none."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.builders.spending.calls import read_build_calls
from tests.builders.all_knowing import AllKnowing, all_knowing
from tests.dying import Commands
from tests.evaluators.stub_endpoint import StubEndpoint
from tests.killing import MOMENTS, KilledCommand, snapshot
from tests.torture.outcomes import check_full_disk

from .small_build import write_small_build

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]

STAGES = ("ingest", "images", "split", "probe", "select", "generate", "publish")
IN_FLIGHT = 2
CALLS = "w/calls.jsonl"


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[AllKnowing, StubEndpoint]]:
    with all_knowing(("count",)) as world:
        yield world


@pytest.fixture(scope="module")
def stages(
    world: tuple[AllKnowing, StubEndpoint],
    run_commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    """Return for each stage a folder with everything that it needs."""
    folder = tmp_path_factory.mktemp("stages")
    start = folder / "start"
    write_small_build(start, world[1].url)
    made = {}
    for stage in STAGES:
        made[stage] = folder / stage
        shutil.copytree(start, made[stage])
        done = run_commands.run(*command(stage), root=start, TMPDIR=str(folder))
        assert done.status == 0, done.said
    return made


def command(stage: str) -> list[str]:
    arguments = ["build", stage, "recipe.toml", "--work", "w"]
    arguments += ["--mirror", "mirror"] if stage == "images" else []
    return arguments + (["--out", "d"] if stage == "publish" else [])


def prepared(start: Path, known: AllKnowing) -> Callable[[Path], None]:
    """Return how a folder is made for a command, with no request counted yet."""

    def prepare(root: Path) -> None:
        known.asked.clear()
        shutil.copytree(start, root, dirs_exist_ok=True)

    return prepare


@pytest.mark.parametrize("stage", STAGES)
def test_stage(
    stage: str,
    stages: dict[str, Path],
    world: tuple[AllKnowing, StubEndpoint],
    run_commands: Commands,
    tmp_path: Path,
) -> None:
    known, _ = world

    killed = KilledCommand(
        run_commands,
        tmp_path,
        command(stage),
        prepared(stages[stage], known),
        result=snapshot_without_locks,
    )
    before = len(list(read_build_calls(stages[stage] / CALLS)))
    for root, _ in killed.try_moments():
        asked = sum(known.asked.values())
        assert asked - len(known.asked) <= IN_FLIGHT
        counted = len(list(read_build_calls(root / CALLS))) - before
        assert asked - IN_FLIGHT <= counted <= asked
    kills = killed.kill_in_a_row()
    assert kills
    assert sum(known.asked.values()) - len(known.asked) <= IN_FLIGHT * kills


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "ingest"])
def test_a_full_disk_costs_only_what_was_in_flight(
    stage: str,
    stages: dict[str, Path],
    world: tuple[AllKnowing, StubEndpoint],
    run_commands: Commands,
    tmp_path: Path,
) -> None:
    known, _ = world

    def result(root: Path) -> dict[str, Any]:
        assert sum(known.asked.values()) - len(known.asked) <= IN_FLIGHT
        return snapshot_without_locks(root)

    full = KilledCommand(
        run_commands, tmp_path, command(stage), prepared(stages[stage], known), result=result
    )
    for ended in full.try_full_disks(most=max(1, MOMENTS // 4)):
        check_full_disk(ended)


WITHOUT_A_BUILD = {
    "images": ["build", "images", "--benchmark", "w/1-ingested", "--mirror", "mirror"],
    "publish": ["build", "publish", "--benchmark", "w/3-split"],
}


@pytest.mark.parametrize("name", WITHOUT_A_BUILD)
def test_without_a_build(
    name: str, stages: dict[str, Path], run_commands: Commands, tmp_path: Path
) -> None:
    killed = KilledCommand(
        run_commands,
        tmp_path,
        [*WITHOUT_A_BUILD[name], "--out", "out"],
        lambda root: shutil.copytree(stages[name], root, dirs_exist_ok=True),
        result=snapshot_and_work,
        once=name == "images",
    )
    for _ in killed.try_moments():
        pass
    assert killed.kill_in_a_row()


def snapshot_and_work(root: Path) -> dict[str, Any]:
    """Return what must be equal, and whether a work folder is left, be it empty."""
    return {**snapshot_without_locks(root), "left": (root / "out.unfinished").is_dir()}


def snapshot_without_locks(root: Path) -> dict[str, Any]:
    """Return what must be equal; a call that was cut off is in the list of calls as well."""
    files = snapshot(root).items()
    return {name: data for name, data in files if not name.endswith(".lock") and name != CALLS}

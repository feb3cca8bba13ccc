"""A disk without room: a sentence and a status, nothing lost, and it goes on once there is room."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from tests.core.locomo_example import sample
from tests.dying import Commands
from tests.killing import KilledCommand, hidden_in, snapshot

from .outcomes import check_full_disk
from .profile import EFFORT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="commands are forked"),
]

MOMENTS = max(1, int(4 * EFFORT))
"""From how many moments on the disk of each command is full."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the sample, submitted twice."""
    folder = tmp_path_factory.mktemp("finished")
    lv.run("bm25", benchmark="sample", out=folder / "run", limit=2, progress=False)
    lv.run("bm25", benchmark="sample", out=folder / "whole", progress=False)
    lv.submit(folder / "whole", to=folder / "subs", date=date(2026, 8, 30))
    shutil.copytree(folder / "subs", folder / "board")
    lv.verify(folder / "board", benchmark="sample", progress=False)
    (folder / "locomo.json").write_text(json.dumps([sample("conv-1")]), encoding="utf-8")
    return folder


COMMANDS: dict[str, tuple[list[str], list[str]]] = {
    "score": (
        ["score", "run", "--benchmark", "sample", "--metrics", "f1", "--out", "s"],
        ["run"],
    ),
    "compare": (
        ["compare", "run", "whole", "--benchmark", "sample", "--metrics", "f1", "--out", "c.json"],
        ["run", "whole"],
    ),
    "submit": (
        ["submit", "whole", "--to", "to", "--date", "2026-08-31", "--bundle", "b.zip"],
        ["whole"],
    ),
    "verify": (["leaderboard", "verify", "subs", "--benchmark", "sample"], ["subs"]),
    "site": (["leaderboard", "build", "board", "--out", "site"], ["board"]),
    "export": (
        [
            *("leaderboard", "export", "every-eval-ever", "board"),
            *("--benchmark", "sample", "--out", "eee"),
        ],
        ["board"],
    ),
    "import": (["data", "import", "locomo.json", "--out", "out"], ["locomo.json"]),
    "ingest": (["build", "ingest", "sample", "--work", "w"], []),
    "run": (["run", "bm25", "--benchmark", "sample", "--limit", "1", "--out", "out"], []),
}
STATUS = {"score": 1, "compare": 1}
"""How a command ends with room, if not with 0: a run of few questions is incomplete."""


def _copy(source: Path, names: list[str]) -> Callable[[Path], None]:
    def copy(root: Path) -> None:
        for name in names:
            if (source / name).is_dir():
                shutil.copytree(source / name, root / name)
            else:
                shutil.copyfile(source / name, root / name)

    return copy


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_said_and_costs_nothing(
    name: str, run: Path, run_commands: Commands, tmp_path: Path
) -> None:
    command, needs = COMMANDS[name]
    killed = KilledCommand(
        run_commands,
        tmp_path,
        command,
        _copy(run, needs),
        result=comparable,
        once=name in ("import", "submit"),
    )
    usual = STATUS.get(name, 0)
    for ended in killed.try_full_disks(most=MOMENTS, status=usual):
        check_full_disk(ended, usual=usual)


def comparable(root: Path) -> dict[str, Any]:
    """Return what is the same each time: no seals over times, no archives, no attempts."""
    found = {}
    for name, data in snapshot(root).items():
        if name.endswith("predictions.jsonl"):
            found[name] = [{key: row[key] for key in ("question_id", "prediction")} for row in data]
        elif name.startswith(("to/", "out/")) or name.endswith((".zip", ".html", ".lock")):
            found[name] = None if name.startswith("out/") or name.endswith(".zip") else "there"
        else:
            found[name] = data
    return found


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3, 0.4])
def test_a_real_disk_that_is_too_small(
    share: float, run_commands: Commands, tmp_path: Path
) -> None:
    """A run, on a disk that has less room than it needs; then the disk grows."""
    calm, disk = tmp_path / "calm", tmp_path / "disk"
    for folder in (calm, disk, tmp_path / "tmp"):
        folder.mkdir()
    command = ("run", "bm25", "--benchmark", "sample", "--limit", "1", "--out", "out")
    variables = {"TMPDIR": str(tmp_path / "tmp"), "LOCOMO_VQA_CACHE": str(tmp_path / "cache")}
    assert run_commands.run(*command, root=calm, **variables).status == 0
    blocks = [-(-path.stat().st_size // 4096) + 1 for path in calm.rglob("*")]
    size = f"size={max(1, int(share * sum(blocks))) * 4}k"
    if not _mount("-t", "tmpfs", "-o", size, "none", str(disk)):
        pytest.skip("no disk can be mounted here")
    try:
        full = run_commands.run(*command, root=disk, **variables)
        assert full.status in (1, 2), full.said
        check_full_disk(full)
        assert hidden_in(disk) == []
        assert _mount("-o", "remount,size=64m", str(disk))
        again = run_commands.run(*command, root=disk, **variables)
        assert again.status == 0, again.said
        assert comparable(disk) == comparable(calm)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _mount(*arguments: str) -> bool:
    """Mount a disk in memory, and return whether this user may."""
    if sys.platform != "linux" or shutil.which("mount") is None:
        return False
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    return done.returncode == 0

"""Files from elsewhere with faults of every kind: each is read, or refused in a sentence."""

from __future__ import annotations

import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from locomo_vqa.errors import LocomoVqaError
from tests.dying import Commands, Ended

from .foreign import KINDS, ForeignKind, make_world
from .mutations import mutate
from .outcomes import fault_of
from .profile import EFFORT, rng_of
from .readers import READERS, write_more

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="commands are forked"),
]

TRIES = max(1, int(4 * EFFORT))
"""How many changed files of each kind are tried."""

READS = max(1, int(30 * EFFORT))
"""How many changed files each reader is given."""

MORE_MB = 300
"""How much more memory a command may take than it does with good files."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good file of every kind."""
    folder = tmp_path_factory.mktemp("good")
    make_world(folder)
    write_more(folder)
    return folder


@pytest.mark.parametrize("name", READERS)
def test_a_reader_reads_a_changed_file_or_says_why_not(
    name: str, world: Path, tmp_path: Path
) -> None:
    pattern, read = READERS[name]
    files = sorted(path for path in world.glob(pattern) if path.is_file())
    assert files
    shutil.copytree(files[0].parent, tmp_path / "files", ignore=_others(files))
    wrong = []
    for number in range(READS):
        rng = rng_of(name, number)
        path = tmp_path / "files" / rng.choice(files).name
        good = path.read_bytes()
        path.write_bytes(mutate(good, path.name, rng))
        try:
            read(path)
        except LocomoVqaError as error:
            if len(str(error)) > 1500 or "\n" in error.message:
                wrong.append(f"{name}, {number}: {path.name}: {error}")
        except Exception:  # noqa: BLE001 - whatever it is, it is a fault
            wrong.append(f"{name}, {number}: {path.name}: {traceback.format_exc()}")
        path.write_bytes(good)
    assert not wrong, f"{len(wrong)} faults\n" + "\n".join(wrong[:8])


def _others(files: list[Path]) -> Callable[[str, list[str]], list[str]]:
    """Leave out the folders of the world, and files that are not read."""
    top = {path.name for path in files}
    return lambda folder, names: [
        name
        for name in names
        if Path(folder) == files[0].parent and name not in top and len(top) == 1
    ]


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_file_is_read_or_refused(
    name: str, world: Path, run_commands: Commands, tmp_path: Path
) -> None:
    kind = KINDS[name]
    good = _run(kind, _copy(kind, world, tmp_path / "good"), run_commands)
    assert good.status in (0, 1), good.said
    wrong = []
    for number in range(TRIES):
        root = _copy(kind, world, tmp_path / str(number))
        path = _change_one(kind, root, rng_of(name, number))
        ended = _run(kind, root, run_commands)
        fault = fault_of(ended)
        if fault is None and ended.peak_mb > good.peak_mb + MORE_MB:
            fault = f"took {ended.peak_mb} MB"
        if fault is not None:
            wrong.append(f"{name}, {number}: {path.relative_to(root)}: {fault}\n{ended.said}")
        shutil.rmtree(root)
    assert not wrong, "\n".join(wrong)


def _change_one(kind: ForeignKind, root: Path, rng: Random) -> Path:
    files = sorted({path for each in kind.files for path in root.glob(each) if path.is_file()})
    path = rng.choice(files)
    path.write_bytes(mutate(path.read_bytes(), path.name, rng))
    return path


def _copy(kind: ForeignKind, world: Path, root: Path) -> Path:
    root.mkdir()
    for pattern in (*kind.files, *kind.also):
        for path in world.glob(pattern):
            target = root / path.relative_to(world)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(path, target)
    (root / "tmp").mkdir()
    return root


def _run(kind: ForeignKind, root: Path, run_commands: Commands) -> Ended:
    variables = {"TMPDIR": str(root / "tmp"), "LOCOMO_VQA_CACHE": str(root.parent / "cache")}
    return run_commands.run(*kind.command, root=root, **variables)

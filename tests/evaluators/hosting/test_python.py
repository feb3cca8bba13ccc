"""A system in an environment of its own, without the toolkit and its dependencies."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest

from locomo_vqa import system
from locomo_vqa.errors import InputError, SystemLoadError
from locomo_vqa.evaluators.loading import load_system
from tests.conftest import Cli
from tests.evaluators.hosting.hosted import hosted, write_system

ALONE = """
import dataclasses, datetime, json, pathlib, pickle, sys

try:
    import locomo_vqa
except ImportError:
    pass
else:
    raise SystemError("the toolkit is here")


class Own(Echo):
    uses_images = False

    def flush(self):
        turn = next(turn for turn in self.turns if turn.images)
        assert type(turn.time) is datetime.datetime
        assert isinstance(self.turns, list) and isinstance(turn.images, tuple)
        assert isinstance(turn.images[0].path, pathlib.Path) and turn.images[0].path.is_file()
        assert isinstance(self.workdir, pathlib.Path) and not list(self.workdir.iterdir())
        assert pickle.loads(pickle.dumps(turn)) == turn
        assert self.services.llm is None
        try:
            turn.text = "changed"
        except dataclasses.FrozenInstanceError:
            pass
        else:
            raise TypeError("a turn can be changed")
        (self.workdir / "facts.json").write_text(json.dumps({
            "python": sys.prefix,
            "ShownTurn": [field.name for field in dataclasses.fields(turn)],
            "ShownImage": [field.name for field in dataclasses.fields(turn.images[0])],
            "ConversationInfo": [field.name for field in dataclasses.fields(self.info)],
            "Services": [field.name for field in dataclasses.fields(self.services)],
        }))

    def answer(self, question, *, now):
        return {"text": str(now.year), "usage": {"calls": 1}, "retrieved": [{"text": "t"}]}
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with nothing in it."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "python"


def test_a_system_runs_in_an_environment_of_its_own(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = write_system(tmp_path, "alone", ALONE)
    run = hosted(spec, tmp_path / "run", python=bare, split="validation")
    assert run.system.uses_images is False
    done = run.run()
    assert {p.state for p in done.predictions} == {"ok"}, done.predictions[0].error
    assert done.predictions[0].prediction == "2023"
    assert done.predictions[0].usage == system.Usage(calls=1)
    assert done.predictions[0].retrieved == (system.Hit(text="t"),)
    (facts,) = (tmp_path / "run" / "work").glob("*/facts.json")
    said = json.loads(facts.read_text())
    assert Path(said.pop("python")) == bare.parent.parent
    for name, fields in said.items():
        assert fields == [field.name for field in dataclasses.fields(getattr(system, name))]


@pytest.mark.slow
def test_an_interpreter_that_is_none_is_refused(tmp_path: Path, cli: Cli, bare: Path) -> None:
    spec = write_system(tmp_path, "own", "class Own(Echo): pass")
    command = ("run", spec, "--benchmark", "sample", "--out", "run", "--python")
    done = cli(*command, "nowhere/python")
    assert done.returncode == 2
    assert "nowhere/python: can't be started (No such file or directory)" in done.stderr
    with pytest.raises(InputError, match="`python` can't be used with bm25"):
        load_system("bm25", python=bare)
    with pytest.raises(SystemLoadError, match="ended"):
        load_system(spec, python=Path("/bin/false"))

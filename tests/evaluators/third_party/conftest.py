"""A recipe of a tiny package that is made here, instead of the toolkit's recipes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from locomo_vqa.evaluators.third_party import recipe as recipe_module
from locomo_vqa.evaluators.third_party.environment import SYSTEMS_FOLDER_VARIABLE
from locomo_vqa.evaluators.third_party.recipe import ThirdPartyRecipe, read_recipe

RECIPE = """
name = "tiny"
title = "Tiny"
version = "1.5"
licence = "MIT"
about = "remembers the last turn"
adapter = "tiny_adapter:Tiny"
python = ">=3.8,<3.99"
images = "captions"
dates = "text"
extracts = false
notes = ["It is very small."]
packages = ["locomo-tiny-package==1.5"]
constraints = []
imports = ["locomo_tiny_package"]

[options.depth]
about = "how deep it goes"
needed = true
"""

ADAPTER = """
class Tiny:
    def open(self, conversation, workdir, services):
        from locomo_tiny_package import keep
        self.kept, self.keep = [], keep

    def add(self, turns):
        self.kept = [self.keep(turn.speaker, turn.text) for turn in turns]

    def flush(self):
        pass

    def answer(self, question, *, now):
        return self.kept[-1]

    def answer_visual(self, question, *, image, now):
        return "red"

    def close(self):
        pass
"""

CODE = "def keep(speaker, text):\n    return f'{speaker} said: {text}'\n"


def make_wheel(folder: Path, code: str = CODE) -> None:
    """Write the package's wheel, by hand: no package index has it."""
    folder.mkdir(exist_ok=True)
    info = "locomo_tiny_package-1.5.dist-info"
    files = {
        "locomo_tiny_package.py": code,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: locomo-tiny-package\nVersion: 1.5\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    path = folder / "locomo_tiny_package-1.5-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ThirdPartyRecipe:
    """The recipe; its wheel is the only thing that pip can find, and environments are ours."""
    folder = tmp_path / "third_party"
    (folder / "recipes").mkdir(parents=True)
    (folder / "adapters").mkdir()
    (folder / "recipes" / "tiny.toml").write_text(RECIPE)
    (folder / "adapters" / "tiny_adapter.py").write_text(ADAPTER)
    make_wheel(tmp_path / "wheels")
    monkeypatch.setattr(recipe_module, "PACKAGE_FOLDER", folder)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv(SYSTEMS_FOLDER_VARIABLE, str(tmp_path / "environments"))
    return read_recipe(folder / "recipes" / "tiny.toml")

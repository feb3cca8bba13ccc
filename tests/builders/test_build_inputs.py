"""What a build needs is checked before anything is asked, downloaded or written."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.benchmark.read import read_manifest
from locomo_vqa.builders.build import build
from locomo_vqa.errors import InputError, LocomoVqaError, MissingResource
from tests.conftest import ROOT, tree

SAMPLE = ROOT / "locomo_vqa" / "sample" / "data" / "locomo.json"

WRONG: Mapping[str, tuple[dict[str, Any], str]] = {
    "a generator without a scheme": ({"generator": "x"}, "`generator` x"),
    "a validator of no scheme": ({"validator": "opnai:x"}, "`validator` opnai:x"),
    "no such embedded model": (
        {"generator": "embedded:nope"},
        "`generator` embedded:nope: embedded has no such model",
    ),
    "an endpoint without a model": (
        {"validator": "openai:http://127.0.0.1:9/v1"},
        "`validator` .*: does not name a model",
    ),
    "a stage that asks no model": ({"validator": "x", "stages": ["ingest"]}, "`validator` x"),
    "no LoCoMo file": ({"locomo": "missing.json"}, "`locomo` missing.json: not found"),
    "no mirror": ({"mirror": "nofolder"}, "nofolder: `mirror` is not a folder"),
    "earlier stages": ({"stages": ["publish"]}, "3-split: not found"),
    "a recipe of another type": (
        {"recipe": 3},
        "`recipe` must be a path, a name or a BuildRecipe, not 3",
    ),
    "no recipe": ({"recipe": None}, "a new work folder needs a `recipe`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_input_leaves_nothing_behind(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, message = WRONG[case]
    with pytest.raises(InputError, match=message):
        build(**{"recipe": "sample", "work": "a/w", "progress": False, **arguments})
    assert tree(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("locomo", "licence"), [("sample", "Apache-2.0"), ("mine.json", "CC BY-NC 4.0")]
)
def test_the_licence_is_that_of_the_conversations(
    locomo: str, licence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sample is part of the toolkit; any other file is taken for LoCoMo's."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(SAMPLE, "mine.json")
    build("sample", work="w", locomo=locomo, stages=["ingest"], progress=False)
    assert read_manifest(tmp_path / "w/1-ingested")["license"] == licence


def test_a_missing_package_is_noticed_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from locomo_vqa.models import opening

    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(MissingResource, match=r"`validator` lmdeploy:a/b: the package lmdeploy"):
        build("sample", work=tmp_path / "w", validator="lmdeploy:a/b", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_input_keeps_an_empty_folder_and_a_begun_one(tmp_path: Path) -> None:
    work = tmp_path / "w"
    work.mkdir()
    with pytest.raises(LocomoVqaError):
        build(work=work, progress=False)
    assert list(work.iterdir()) == []
    build("sample", work=work, stages=["ingest"], progress=False)
    before = tree(work)
    with pytest.raises(InputError, match="`generator` x"):
        build(work=work, generator="x", progress=False)
    assert tree(work) == before

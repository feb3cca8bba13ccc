"""`import_locomo(splits=)`: the table [split] of a TOML file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.schemas import load_schema
from tests.core.locomo_example import sample


@pytest.fixture
def locomo(tmp_path: Path) -> Path:
    path = tmp_path / "locomo.json"
    path.write_text(json.dumps([sample(f"conv-{n}") for n in (1, 2, 3)]))
    return path


def written(folder: Path, text: str) -> Path:
    path = folder / "splits.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("table", "splits"),
    [
        (
            '[split]\ntest = ["conv-1"]\ntrain = ["conv-3", "conv-2"]\n[other]\nx = 1',
            {"train": ["conv-2", "conv-3"], "validation": [], "test": ["conv-1"]},
        ),
        (
            "[split]\ncounts = [0, 1, 2]",
            {"train": [], "validation": ["conv-1"], "test": ["conv-2", "conv-3"]},
        ),
        ("[split]", {"train": ["conv-1"], "validation": ["conv-2"], "test": ["conv-3"]}),
    ],
)
def test_conversations_and_their_questions_get_the_named_splits(
    table: str, splits: dict[str, list[str]], locomo: Path, tmp_path: Path
) -> None:
    made = lv.import_locomo(locomo, out=tmp_path / "out", splits=written(tmp_path, table)).benchmark
    found = {c.id: c.split for c in made.conversations}
    assert found == {name: split for split, names in splits.items() for name in names}
    assert list(found) == ["conv-1", "conv-2", "conv-3"]
    assert {q.split == found[q.conversation] for q in made.text_questions} == {True}


def test_a_recipe_splits_an_import_like_its_build(locomo: Path, tmp_path: Path) -> None:
    """The format of [split] is one, and an unchanged choice gives an unchanged revision."""
    assert (
        load_schema("splits")["properties"]["split"] == load_schema("recipe")["properties"]["split"]
    )
    plain = lv.import_locomo(locomo, out=tmp_path / "plain").revision
    assert (
        lv.import_locomo(
            locomo, out=tmp_path / "same", splits=written(tmp_path, "[split]\ncounts = [7, 1, 2]")
        ).revision
        == plain
    )
    assert (
        lv.import_locomo(
            locomo, out=tmp_path / "other", splits=written(tmp_path, "[split]\ncounts = [0, 1, 2]")
        ).revision
        != plain
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[split]\ntest = ["conv-1", "conv-2", "conv-4"]', r"\[split\] names 'conv-4', which the"),
        ('[split]\ntest = ["conv-1"]', r"\[split\] doesn't name conv-2, conv-3"),
        ('[split]\ntests = ["conv-1"]', "splits.toml: split: .*'tests' was unexpected"),
        ("split = 3", "splits.toml: split: 3 is not of type 'object'"),
        ("[splits]", r"splits.toml: has no table \[split\]"),
        ("[split", "splits.toml: is not valid TOML"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    text: str, message: str, locomo: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        lv.import_locomo(locomo, out=tmp_path / "out", splits=written(tmp_path, text))
    assert not (tmp_path / "out").exists()

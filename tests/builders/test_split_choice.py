"""The recipe's [split]: numbers or names of conversations, and what happens to shared images."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.benchmark import ImageRecord
from locomo_vqa.builders.images.separate import separate_splits, with_records
from locomo_vqa.builders.recipe import BuildRecipe, load_recipe
from locomo_vqa.builders.split_choice import chosen_splits, read_split
from locomo_vqa.errors import InputError
from tests.builders.small_build import write_small_build

NAMES = ("a", "b", "c", "d")
PAPER = load_recipe("paper")


def recipe(folder: Path, table: str) -> BuildRecipe:
    path = folder / "recipe.toml"
    path.write_text(PAPER.to_toml() + "\n[split]\n" + table)
    return load_recipe(path)


def test_without_the_table_nothing_changes() -> None:
    assert "split_counts" not in PAPER.to_toml() and "[split]" not in PAPER.to_toml()
    assert PAPER.split_counts == (7, 1, 2)
    assert PAPER.shared_images == "remove-everywhere"


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ("counts = [5, 2, 3]", {"split_counts": (5, 2, 3)}),
        ('shared = "keep-last"', {"shared_images": "keep-last"}),
        (
            'train = ["a"]\nvalidation = []\ntest = ["c", "b"]',
            {"split_train": ("a",), "split_test": ("c", "b")},
        ),
    ],
)
def test_a_recipe_with_a_split_is_written_and_read(
    table: str, fields: dict[str, Any], tmp_path: Path
) -> None:
    read = recipe(tmp_path, table)
    assert read == replace(PAPER, **fields)
    (tmp_path / "again.toml").write_text(read.to_toml())
    assert load_recipe(tmp_path / "again.toml") == read


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("counts = [7, 1]", "counts"),
        ("counts = [7, 3, 0]", "counts in .split. leave the test split empty"),
        ('counts = [7, 1, 2]\ntest = ["a"]', "has counts and also names conversations"),
        ('train = ["a"]', "names no conversation in test"),
        ('shared = "keep"', "shared"),
        ("conts = [7, 1, 2]", "a recipe has no conts in .split."),
    ],
)
def test_a_wrong_table_is_refused(table: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        recipe(tmp_path, table)


def test_named_conversations_are_each_in_one_split() -> None:
    found = chosen_splits(NAMES, (7, 1, 2), {"train": ["d"], "validation": ["b"], "test": "ca"})
    assert found == {"a": "test", "b": "validation", "c": "test", "d": "train"}
    assert list(found) == list(NAMES)
    for named, message in (
        ({"train": ["a", "b", "d"], "test": ["cc"]}, "names 'cc', which the LoCoMo file doesn't"),
        ({"train": ["a", "b"], "test": ["c", "d", "a"]}, "names 'a' twice"),
        ({"test": ["c"]}, "doesn't name a, b, d"),
    ):
        with pytest.raises(InputError, match=message):
            chosen_splits(NAMES, (7, 1, 2), named)  # type: ignore[arg-type]


def test_an_image_stays_in_one_split_and_its_turns_in_the_others_lose_it() -> None:
    """The sample, with one of its train images in a turn of the test split, too."""
    sample = lv.load_benchmark("sample")
    splits = {c.id: c.split for c in sample.conversations}

    def of(split: str) -> ImageRecord:
        return next(r for r in sample.images if splits[r.turns[0].partition("/")[0]] == split)

    first, other = of("train"), of("test")
    both = replace(first, turns=(*first.turns, *other.turns))
    records = [both if r is first else r for r in sample.images if r is not other]
    conversations = with_records(
        [
            replace(
                c,
                sessions=tuple(
                    replace(
                        s,
                        turns=tuple(
                            replace(t, images=(replace(t.images[0], url=first.url),))
                            if f"{c.id}/{t.id}" in other.turns
                            else t
                            for t in s.turns
                        ),
                    )
                    for s in c.sessions
                ),
            )
            for c in sample.conversations
        ],
        records,
    )
    for rule, kept, gone in (
        ("keep-first", first, other),
        ("keep-last", other, first),
        ("remove-everywhere", None, None),
    ):
        parts = separate_splits(conversations, records, (), phash_distance=0, rule=rule)  # type: ignore[arg-type]
        shown = {
            f"{c.id}/{t.id}": i.state
            for c in parts.conversations
            for _, t in c.turns()
            for i in t.images
        }
        states = [shown[each.turns[0]] for each in (first, other)]
        (removed,) = parts.removed
        if kept is None:
            assert states == ["shared_across_splits"] * 2 and removed.kept is None
            continue
        assert gone is not None and removed.kept == splits[kept.turns[0].partition("/")[0]]
        assert shown[kept.turns[0]] == "ok" and shown[gone.turns[0]] == "shared_across_splits"
        own = [r for r in parts.images if r.url == first.url]
        assert sorted((r.state, r.turns) for r in own) == [
            ("ok", kept.turns),
            ("shared_across_splits", gone.turns),
        ]


@pytest.mark.slow
def test_a_build_has_the_named_splits(tmp_path: Path) -> None:
    sample = load_recipe("sample")
    plain = lv.build(sample, work=tmp_path / "w", stages=["ingest", "images", "split"])
    names = [c.id for c in lv.load_benchmark(tmp_path / "w" / "3-split").conversations]
    changed = replace(
        sample, split_train=names[2:], split_validation=(names[1],), split_test=(names[0],)
    )
    assert plain.removed == []
    lv.build(changed, work=tmp_path / "w", stages=["split"], progress=False)
    made = lv.load_benchmark(tmp_path / "w" / "3-split")
    splits = {c.id: c.split for c in made.conversations}
    assert [splits[n] for n in names[:3]] == ["test", "validation", "train"]
    assert {q.split for q in made.text_questions if q.conversation == names[0]} == {"test"}
    state = json.loads((tmp_path / "w" / "build.json").read_text())
    assert state["stages"]["split"]["split_test"] == [names[0]]
    for name in [n for n in state["stages"]["split"] if n.startswith(("split_", "shared_"))]:
        del state["stages"]["split"][name]  # As an earlier version would have written it.
    (tmp_path / "w" / "build.json").write_text(json.dumps(state))
    with pytest.raises(InputError, match="split_train"):
        lv.build(changed, work=tmp_path / "w", stages=["probe"], progress=False)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            '["conv-0", "conv-1", "conv-2", "conv-3", "conv-44"]',
            "names 'conv-44', which the LoCoMo",
        ),
        ('["conv-0", "conv-1"]', "doesn't name conv-2, conv-3, conv-4"),
    ],
)
def test_what_the_locomo_file_lacks_is_refused_before_images_are_fetched(
    names: str, message: str, tmp_path: Path
) -> None:
    write_small_build(tmp_path, "http://127.0.0.1:9")
    correct = (
        (tmp_path / "recipe.toml").read_text().replace("locomo.json", f"{tmp_path}/locomo.json")
    )
    (tmp_path / "recipe.toml").write_text(f"{correct}[split]\ntest = {names}\n")
    settings: dict[str, Any] = {"work": tmp_path / "w", "mirror": tmp_path / "mirror"}
    for stages in (["ingest", "images", "split"], ["images"]):
        with pytest.raises(InputError, match=message):
            lv.build(tmp_path / "recipe.toml", stages=stages, progress=False, **settings)  # type: ignore[arg-type]
        assert not (tmp_path / "w" / "2-with-images").exists()
    (tmp_path / "recipe.toml").write_text(correct)
    lv.build(tmp_path / "recipe.toml", stages=["ingest"], progress=False, **settings)


def test_a_conversation_in_two_splits_is_refused_with_the_recipe() -> None:
    with pytest.raises(InputError, match=r"r\.toml: \[split\] names 'a' twice"):
        read_split({"train": ["a"], "validation": ["a"], "test": ["b"]}, "r.toml")

"""A build with a verifier: columns, the error among agreed questions, and what is published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.benchmark import load_benchmark
from locomo_vqa.builders.build import Build, build
from locomo_vqa.builders.questions.checks import CHECKS
from locomo_vqa.builders.recipe import BuildRecipe, load_recipe
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.files import read_jsonl
from locomo_vqa.schemas import validate
from tests.builders.all_knowing import WRONG, all_knowing

HARD = ("count",)


@contextmanager
def careless_recipe() -> Iterator[BuildRecipe]:
    """Yield a recipe whose generator writes false golds, which its verifier knows."""
    with all_knowing(HARD) as (_, stub):
        base = f"openai:{stub.url}/v1?model="
        yield replace(
            load_recipe("sample"),
            probe_types=("count", "colour", "detail"),
            probe_images=20,
            keep=1,
            check_quality=False,
            generator=f"{base}careless",
            validator=f"{base}small",
            verifier=f"{base}large",
            verify_checks=CHECKS,
            verify_needed=3,
        )


@pytest.mark.slow
def test_false_golds_are_found_counted_and_left_out_on_request(tmp_path: Path) -> None:
    work = tmp_path / "w"
    with careless_recipe() as recipe:
        done = build(recipe, work=work, out=tmp_path / "all", progress=False)
    rows = [row for _, row in read_jsonl(work / "questions.jsonl", what="it")]
    for row in rows:
        validate(row, "question_row", path=work, remedy="")
    false = {row["id"] for row in rows if row["answer"] == WRONG}
    assert 0 < len(false) < len(rows)
    assert {row["id"] for row in rows if row["quality"]["agreed"] is False} == false
    assert {row["id"] for row in rows if row["quality"]["agreed"]} == {
        row["id"] for row in rows
    } - false
    check_selection(done)
    assert len(load_benchmark(tmp_path / "all").visual_questions) == len(rows)
    check_verified(work, tmp_path, len(false))


def check_selection(done: Build) -> None:
    """Of the probe, `small` fails every count, and of the other types what is not agreed."""
    assert done.selection is not None
    document = json.loads((done.work / "selection.json").read_text())
    validate(document, "selection", path=done.work, remedy="")
    by_type = {result.type: result for result in done.selection.results}
    assert by_type["count"].error_rate == 1
    colour = by_type["colour"]
    assert colour.error_rate is not None and colour.error_rate > 0
    assert colour.agreed is not None
    assert (colour.agreed.errors, colour.agreed.n) == (0, colour.n - colour.errors)


def check_verified(work: Path, folder: Path, false: int) -> None:
    """Publish the agreed questions, in a folder of their own."""
    with pytest.raises(OutputError, match="was made with `verified` False, not True"):
        build(work=work, stages=["publish"], out=folder / "all", verified=True, progress=False)
    done = build(work=work, stages=["publish"], out=folder / "v", verified=True, progress=False)
    assert done.published is not None and done.benchmark is not None
    assert done.published.left_out == false
    assert WRONG not in {question.answer for question in done.benchmark.visual_questions}
    card = (folder / "v" / "README.md").read_text(encoding="utf-8")
    assert f"corrected: {false} others were left out" in card
    assert "Wrong among agreed" in card


@pytest.mark.slow
def test_without_checks_nothing_is_agreed(tmp_path: Path) -> None:
    with careless_recipe() as recipe:
        unchecked = replace(recipe, verify_checks=(), limit=5)
        build(unchecked, work=tmp_path / "w", out=tmp_path / "d", progress=False)
    with pytest.raises(InputError, match="no question was checked"):
        build(work=tmp_path / "w", out=tmp_path / "e", verified=True, stages=["publish"])


@pytest.mark.parametrize(
    ("checks", "needed", "publish", "problem"),
    [
        ('["verdict"]', 2, "all", "needed in .verify. is 2, of 1 checks"),
        ("[]", 3, "agreed", "names no checks"),
    ],
)
def test_a_recipe_that_contradicts_itself(
    tmp_path: Path, checks: str, needed: int, publish: str, problem: str
) -> None:
    table = f'[verify]\nchecks = {checks}\nneeded = {needed}\nselect_by = "all"\n'
    base = replace(load_recipe("sample"), verify_checks=(), verifier=None).to_toml()
    path = tmp_path / "r.toml"
    path.write_text(f'{base}\n{table}publish = "{publish}"\n')
    with pytest.raises(InputError, match=problem):
        load_recipe(path)


def test_a_recipe_is_read_as_written(tmp_path: Path) -> None:
    recipe = replace(
        load_recipe("sample"),
        verifier="embedded:small",
        verify_checks=("verdict", "again"),
        verify_needed=1,
        select_by="agreed",
        verified=True,
    )
    (tmp_path / "r.toml").write_text(recipe.to_toml())
    assert load_recipe(tmp_path / "r.toml") == recipe

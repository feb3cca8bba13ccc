"""The search space: its combinations, and what is refused before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.distilling.lora_settings import TARGETS
from locomo_vqa.evaluators.distilling.memlora.space import candidate_name, read_space


def test_the_package_s_own_has_the_layers_of_the_paper() -> None:
    """MemLoRA, section D.3: query and value for extraction and update, all layers otherwise."""
    space = read_space(None)
    layers = {stage: {each.targets for each in found} for stage, found in space.items()}
    assert layers == {
        "extraction": {"query-value"},
        "update": {"query-value"},
        "generation": {"all-linear"},
        "vision": {"all-linear"},
    }
    every = [each for found in space.values() for each in found]
    assert {(each.rank, each.dropout) for each in every} == {(16, 0.1)}
    names = [candidate_name(each) for each in space["vision"]]
    assert len(set(names)) == len(names) > 1


def test_every_combination_is_a_candidate_and_a_stage_has_its_own_values(tmp_path: Path) -> None:
    file = tmp_path / "space.toml"
    file.write_text(
        "[all]\nlearning_rate = [1e-4, 5e-4]\nbatch = [4, 8]\n[update]\nlearning_rate = 1\n"
    )
    space = read_space(file)
    pairs = [(each.learning_rate, each.batch) for each in space["extraction"]]
    assert pairs == [(1e-4, 4), (1e-4, 8), (5e-4, 4), (5e-4, 8)]
    assert [(each.learning_rate, each.batch) for each in space["update"]] == [(1.0, 4), (1.0, 8)]
    names = {candidate_name(replace(space["extraction"][0], targets=each)) for each in TARGETS}
    assert len(names) == len(TARGETS)
    assert candidate_name(space["extraction"][0]) == "lr0.0001-batch4-rank16-all-linear"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[all]\nlearning_rat = [1e-4]", "Did you mean 'learning_rate'"),
        ("[extractoin]\nrank = [4]", "Did you mean 'extraction'"),
        ("rank = [4]", "rank"),
        ("all = 3", "must be a table"),
        ('[all]\nrank = ["a"]', "must be a whole number above 0"),
        ("[all]\nrank = [4.5]", "must be a whole number above 0"),
        ("[all]\nrank = [true]", "must be a whole number above 0"),
        ("[all]\nlearning_rate = [0]", "must be a number above 0"),
        ("[all]\nlearning_rate = [nan]", "not"),
        ("[all]\ndropout = [1.0]", "must be below 1"),
        ("[all]\nbatch = []", "has no values"),
        ('[vision]\ntargets = ["all"]', "Known are all-linear, query-value"),
        (f"[all]\nseed = {list(range(65))}", "at most 64"),
        ("[all", "is not TOML"),
    ],
)
def test_what_can_not_be_tried_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "space.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"space\.toml") as error:
        read_space(file)
    assert message in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.toml"):
        read_space(tmp_path / "none.toml")

"""The embedded student and its experts, run as the base install runs them, on the sample.

No conversation and no image of the sample was in the training of either.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.models.embedded.weights import read_bf16_header
from locomo_vqa.models.experts import CONFIG, WEIGHTS, find_experts
from tests.conftest import ROOT

FOLDER = ROOT / "locomo_vqa" / "models" / "embedded" / "student"
NAMES = ("extraction", "memory_update", "generation", "vision")
MODEL = "embedded:student?threads=1"


def test_files_are_small() -> None:
    weights = FOLDER / "model.safetensors"
    assert weights.stat().st_size < 2_000_000
    assert read_bf16_header(weights)
    for name in NAMES:
        assert (FOLDER / "experts" / name / WEIGHTS).stat().st_size < 200_000
        assert not (FOLDER / "experts" / name / "training.json").exists()


def test_the_adapters_name_no_path_of_a_machine() -> None:
    for expert in find_experts(FOLDER / "experts", NAMES):
        config = json.loads((expert.folder / CONFIG).read_text())
        assert config["base_model_name_or_path"] == "student"


def test_the_recorded_training_never_saw_the_sample() -> None:
    """The recipe draws its benchmark with another seed; the record has its revision."""
    record = json.loads((FOLDER / "experts" / "training.json").read_text())
    assert record["benchmark"]["name"] == "training-sample"
    assert record["benchmark"]["revision"] != lv.load_benchmark("sample").revision
    assert record["benchmark"]["seed"] != 0


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """V and F1 of the two test conversations, with and without experts."""
    folder: Path = tmp_path_factory.mktemp("student")
    found = {}
    for name, system, options in (
        ("base", "mem0-v", {}),
        ("experts", "memlora-v", {"experts": "sample"}),
    ):
        run = lv.run(
            system,
            benchmark="sample",
            split="test",
            model=MODEL,
            options=options,
            out=folder / name,
            progress=False,
        )
        report = lv.score(run, metrics=["v", "f1"])
        assert report.failed == 0
        found[name] = {metric: report[metric].value for metric in ("v", "f1")}
    return found


@pytest.mark.slow
def test_experts_lift_the_student(scores: dict[str, dict[str, Any]]) -> None:
    assert scores["base"]["v"] > 20
    assert scores["experts"]["v"] > scores["base"]["v"] + 10
    assert scores["base"]["f1"] > 0.05
    assert scores["experts"]["f1"] > scores["base"]["f1"] + 0.05

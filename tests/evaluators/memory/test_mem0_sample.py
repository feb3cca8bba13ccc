"""mem0 on the sample with the embedded models: pixels, captions, recalled images, and J."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Cli
from tests.evaluators.judging.rule_judge import rule_judge

TEXT = ("--model", "embedded:text-large")
SEEING = (*TEXT, "--option", "vision=embedded:large")
ON_SAMPLE = ("--benchmark", "sample", "--split", "validation")
MODES = ("--images", "pixels,caption,none", "--visual", "given,recalled")


@pytest.mark.slow
def test_pixels_beat_captions_and_recalling_lies_between(tmp_path: Path, cli: Cli) -> None:
    done = cli("ablate", "mem0-v", *ON_SAMPLE, *SEEING, *MODES, "--out", "a", timeout=600)
    assert done.returncode == 0, done.stderr
    ablation: dict[str, Any] = json.loads((tmp_path / "a" / "ablation.json").read_text())
    v = {
        (row["visual_handling"], row["image_handling"]): row["v"]["value"]
        for row in ablation["modes"]
    }
    assert v["given", "pixels"] >= v["given", "caption"] + 30
    assert v["given", "none"] < v["recalled", "pixels"] < v["given", "pixels"]


@pytest.mark.slow
def test_a_memory_is_better_than_none(tmp_path: Path, cli: Cli) -> None:
    values = {}
    with rule_judge() as judge:
        for system in ("mem0", "no-memory"):
            blind = (*ON_SAMPLE, *TEXT, "--images", "none")
            done = cli("run", system, *blind, "--out", system, timeout=300)
            assert done.returncode == 0, done.stderr
            done = cli(
                *("score", system, "--benchmark", "sample", "--metrics", "j"),
                *("--judge", judge.spec(), "--rubric", "strict", "--json"),
                timeout=300,
            )
            assert done.returncode == 0, done.stderr
            values[system] = json.loads(done.stdout)["metrics"]["j"]["overall"]["value"]
    assert values["mem0"] >= values["no-memory"] + 20

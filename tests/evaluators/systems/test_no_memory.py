"""no-memory: an abstention without a model, a guess with one, an image where it is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.files import read_jsonl
from tests.conftest import Cli
from tests.evaluators.stub_endpoint import completion, stub_endpoint

RUN = ("run", "no-memory", "--benchmark", "sample", "--split", "validation", "--out", "run")


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for _, row in read_jsonl(folder / "predictions.jsonl", what="it")]


@pytest.mark.slow
def test_without_a_model_it_abstains(cli: Cli, tmp_path: Path) -> None:
    assert cli(*RUN).returncode == 0
    said = {row["prediction"] for row in rows(tmp_path / "run") if "/t/" in row["question_id"]}
    assert said == {"No information available."}
    assert {r["state"] for r in rows(tmp_path / "run") if "/v/" in r["question_id"]} == {"empty"}
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["system"]["uses_images"] is False
    assert run["answerer"]["model"] is None


@pytest.mark.slow
def test_with_a_model_it_sees_the_image_and_nothing_of_the_conversation(
    cli: Cli, tmp_path: Path
) -> None:
    with stub_endpoint(lambda request: completion("blue")) as endpoint:
        assert cli(*RUN, "--model", endpoint.model).returncode == 0
        _, *asked = endpoint.requests  # The first one tries whether the model takes images.
        assert cli(*RUN[:-1], "none", "--model", endpoint.model, "--images", "none").returncode == 0
        blind = endpoint.requests[1 + len(asked) :]
    assert {row["prediction"] for row in rows(tmp_path / "run")} == {"blue"}
    assert len(asked) == len(blind) == 61
    assert sum("image_url" in json.dumps(request) for request in asked) == 42
    assert "image_url" not in json.dumps(blind)
    run = json.loads((tmp_path / "run" / "run.json").read_text())
    assert run["system"]["uses_images"] is True
    assert run["answerer"]["model"] == "stub"

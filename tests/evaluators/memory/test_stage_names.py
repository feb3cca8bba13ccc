"""The model of each stage by its name: models of their own, and what one endpoint serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError
from locomo_vqa.evaluators.memory.settings import MemorySettings
from locomo_vqa.files import read_json
from tests.evaluators.stub_endpoint import stub_endpoint

from .test_mem0_run import script

ENDPOINT = "openai:http://127.0.0.1:9/v1?model=base"


def served(options: dict[str, Any], system: str, out: Path) -> tuple[dict[str, set[str]], lv.Run]:
    """Run a system over one endpoint; return the models that each stage asked, and the run."""
    asked: dict[str, set[str]] = {}

    def respond(request: dict[str, Any]) -> tuple[int, Any]:
        text = request["messages"][0]["content"]
        stage = {"Note": "extraction", "Memo": "update"}.get(text[:4], "generation")
        asked.setdefault(stage, set()).add(request["model"])
        return script(request)

    with stub_endpoint(respond) as endpoint:
        run = lv.run(
            system,
            benchmark="sample",
            split="validation",
            limit=1,
            model=endpoint.model,
            options={"prompts": "reduced", **options},
            out=out,
            progress=False,
        )
    return asked, run


@pytest.mark.slow
@pytest.mark.parametrize("system", ["mem0", "memlora"])
def test_a_stage_asks_the_name_that_the_endpoint_serves(system: str, tmp_path: Path) -> None:
    named = {"extraction": "extraction-expert", "generation": "generation-expert"}
    asked, run = served(named, system, tmp_path / "run")
    base = run.info["answerer"]["model"]
    assert asked == {
        "extraction": {"extraction-expert"},
        "update": {base},
        "generation": {"generation-expert"},
    }
    # All of them go through the metering proxy, each stage counted separately.
    stages = run.info["calls"]["by_stage"]
    assert stages["generation"]["calls"] == 1
    assert stages["extraction"]["calls"] == stages["update"]["calls"] > 1
    assert {f"{stage}={name}" for stage, name in named.items()} <= set(run.info["options"])


@pytest.mark.slow
def test_a_stage_may_have_a_model_of_its_own(tmp_path: Path) -> None:
    asked, run = served({"extraction": "embedded:student"}, "mem0", tmp_path / "run")
    assert asked.keys() == {"update", "generation"}
    (work,) = (tmp_path / "run" / "work").glob("*/stages.json")
    stages = read_json(work, what="it")["stages"]
    assert stages["extraction"]["calls"] > 1
    assert "extraction" not in run.info["calls"]["by_stage"]


@pytest.mark.parametrize(
    ("model", "value", "message"),
    [
        ("embedded:student", "expert", "`extraction` expert: is not a model's name"),
        ("embedded:student", "embedded:", "does not say which model"),
        (ENDPOINT, "http://127.0.0.1:9/v1", "is not a model's name"),
        (ENDPOINT, " ", "is not a model's name"),
        (ENDPOINT, "opanai:http://127.0.0.1:9/v1?model=a", "Did you mean openai"),
    ],
)
def test_other_names_are_refused(model: str, value: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MemorySettings.from_options({"extraction": value}, model=model)


def test_one_checkpoint_has_one_set_of_defaults() -> None:
    """Whether or not a model in this process has experts, it is asked in the same words."""
    from locomo_vqa.evaluators.systems.memlora.settings import memlora_settings

    for model in ("transformers:google/gemma-2-2b-it", "embedded:small"):
        plain = MemorySettings.from_options({}, model=model).to_json()
        assert memlora_settings({}, model, ("extraction",)).to_json() == plain
        assert json.loads(json.dumps(plain))["prompts"] == "reduced"

"""Training and search on the sample: what is chosen, what is tested, and what is refused."""

from __future__ import annotations

import asyncio
import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.cli.distill_ablate import row_command
from locomo_vqa.evaluators.distilling.memlora.api import MemLoraDistillation
from locomo_vqa.evaluators.distilling.memlora.trials import TrialRunner
from locomo_vqa.files import sha256_file
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.embedded_local import embedded_folder
from locomo_vqa.models.expert_opening import open_experts
from locomo_vqa.models.experts import find_experts
from locomo_vqa.models.names import parse_name
from tests.conftest import Cli
from tests.evaluators.recording import SAMPLE

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SPACE = """
[all]
rank = [4]
batch = [16]
epochs = [1]
learning_rate = [1e-3, 4e-3]
"""
STUDENT = "embedded:student?threads=1"


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pytest.importorskip("peft", reason="needs the models extra")
    folder = tmp_path_factory.mktemp("search")
    (folder / "space.toml").write_text(SPACE)
    return {
        "benchmark": "sample",
        "student": STUDENT,
        "teacher": "embedded:text-large?threads=1",
        "stages": ["generation"],
        "search_space": folder / "space.toml",
        "out": folder / "out",
        "progress": False,
    }


@pytest.fixture(scope="module")
def done(call: dict[str, Any]) -> MemLoraDistillation:
    return lv.distill_memlora(**call)


def test_the_best_of_the_validation_split_is_chosen_and_tested_once(
    done: MemLoraDistillation,
) -> None:
    assert done.search is not None
    trials = {
        trial["experts"].get("generation"): trial["scores"]["f1"] for trial in done.search["trials"]
    }
    assert {trial["split"] for trial in done.search["trials"]} == {"validation"}
    best = max((name for name in trials if name), key=lambda name: trials[name])
    assert done.search["chosen"] == {"generation": best}
    tested = done.search["tested"]
    assert [trial["experts"] for trial in tested] == [{}, {"generation": best}]
    assert {trial["split"] for trial in tested} == {"test"}
    runs = [folder.name for folder in (done.out / "trials").iterdir()]
    assert sum(name.startswith("test") for name in runs) == 2
    # The score is that of the run, scored again.
    run = done.out / "trials" / tested[1]["run"]
    assert lv.score(run, metrics=["f1"])["f1"].value == tested[1]["scores"]["f1"]
    chosen = done.experts / "generation" / "adapter_model.safetensors"
    made = done.out / "candidates" / "generation" / best / chosen.name
    assert sha256_file(chosen) == sha256_file(made)


def test_with_a_judge_j_ranks_text_experts_and_v_the_vision_expert(tmp_path: Path) -> None:
    text = next(q for q in SAMPLE.text_questions if q.split == "validation")
    visual = next(q for q in SAMPLE.visual_questions if q.split == "validation")
    runner = TrialRunner(
        student=STUDENT,
        benchmark=replace(SAMPLE, text_questions=(text,), visual_questions=(visual,)),
        options={},
        out=tmp_path,
        judge="rules",
        jobs=1,
    )
    assert list(runner.run({}, "validation", sees=False).scores) == ["j"]
    assert list(runner.run({}, "validation", sees=True).scores) == ["v"]
    assert [runner.metric_of(stage) for stage in ("update", "vision")] == ["j", "v"]


def test_every_candidate_has_its_losses_and_a_curve(done: MemLoraDistillation) -> None:
    found = done.to_json()["candidates"]["generation"]
    assert len(found) == 2
    for name, losses in found.items():
        record = json.loads(
            (done.out / "candidates" / "generation" / name / "training.json").read_text()
        )
        assert losses["validation_loss"] == record["epochs"][0]["validation_loss"]
        assert record["settings"]["targets"] == "all-linear"
        assert record["examples"]["train"]["count"] == 100
    curves = (done.out / "candidates" / "generation" / "curves.svg").read_text()
    assert all(name in curves for name in found)


def test_the_same_call_changes_nothing(done: MemLoraDistillation, call: dict[str, Any]) -> None:
    before = {path: sha256_file(path) for path in done.out.rglob("*.safetensors")}
    again = lv.distill_memlora(**call)
    assert again.search == done.search
    assert {path: sha256_file(path) for path in done.out.rglob("*.safetensors")} == before


def test_the_test_split_is_not_used_for_another_choice(
    done: MemLoraDistillation, call: dict[str, Any]
) -> None:
    assert done.search is not None
    (chosen,) = done.search["chosen"].values()
    other = next(name for name in done.candidates["generation"] if name != chosen)
    file = done.out / "search.json"
    before = file.read_text()
    file.write_text(json.dumps({**done.search, "chosen": {"generation": other}}))
    with pytest.raises(OutputError, match="test split was already used for other experts"):
        lv.distill_memlora(**{**call, "only": "search"})
    file.write_text(before)


def test_adapters_give_the_same_tokens_in_plain_peft(done: MemLoraDistillation) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText, PreTrainedTokenizerFast

    folder = embedded_folder("student")
    base = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32)
    model = PeftModel.from_pretrained(base, str(done.experts / "generation")).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    prompts = ["- Ana has a dog.\nQuestion: What does Ana have?\nAnswer:", "When did Ben move?"]
    expected = []
    for prompt in prompts:
        inputs = tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}],
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
        )
        with torch.no_grad():
            output = model.generate(**inputs, max_new_tokens=16, do_sample=False)
        new = output[0, inputs["input_ids"].shape[1] :]
        expected.append(tokenizer.decode(new, skip_special_tokens=True))

    async def ask() -> list[str]:
        experts = open_experts(parse_name(STUDENT), find_experts(done.experts, ["generation"]))
        model = experts.expert("generation")
        replies = [await model.ask(ChatRequest(text=text, max_tokens=16)) for text in prompts]
        await experts.close()
        return [reply.text for reply in replies]

    assert asyncio.run(ask()) == expected


def test_the_stages_of_table_4(done: MemLoraDistillation, tmp_path: Path, cli: Cli) -> None:
    """Seven rows; each is the run that its command makes."""
    for stage in ("extraction", "memory_update", "generation"):
        shutil.copytree(done.experts / "generation", tmp_path / "experts" / stage)
    table = lv.ablate_stages(
        "sample",
        student=STUDENT,
        experts=tmp_path / "experts",
        large="embedded:text-large?threads=1",
        out=tmp_path / "stages",
        split="validation",
        progress=False,
    )
    assert [list(row.stages.values()) for row in table.rows] == [
        ["base", "base", "base"],
        ["large", "base", "base"],
        ["large", "large", "base"],
        ["large", "large", "large"],
        ["expert", "base", "base"],
        ["expert", "expert", "base"],
        ["expert", "expert", "expert"],
    ]
    assert [row.system for row in table.rows] == ["mem0"] * 4 + ["memlora"] * 3
    values = [row.report["f1"].value for row in table.rows]
    assert values[3] == max(values)  # The teacher's own pipeline.
    assert "<svg" in (tmp_path / "stages" / "stages.svg").read_text()
    command = shlex.split(row_command(table, table.rows[4]))[1:]
    made = cli(*command, "--out", "again")
    assert made.returncode == 0, made.stderr
    again = lv.score(tmp_path / "again", benchmark="sample", metrics=["f1"])
    assert again["f1"].value == values[4]


def test_a_table_needs_every_expert(done: MemLoraDistillation, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no expert of extraction, update"):
        lv.ablate_stages("sample", student=STUDENT, experts=done.experts, out=tmp_path / "stages")
    assert not (tmp_path / "stages").exists()

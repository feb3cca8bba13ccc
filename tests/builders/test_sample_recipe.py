"""The recipe `sample` with the models that it names: what they write is judged by the scenes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from benchmarks.false_golds import ALARMS, FOUND, TRUE, figures, judge
from locomo_vqa.benchmark import Benchmark, load_benchmark
from locomo_vqa.builders.sample.generate import generate_sample
from locomo_vqa.builders.sample.scenes import Scene
from locomo_vqa.builders.sample.truth import is_true
from locomo_vqa.models.embedded.pixels import SIDE
from tests.conftest import ROOT, Cli
from tests.core.models.transformers_server import transformers_server

LARGE = ROOT / "locomo_vqa" / "models" / "embedded" / "large"

GOAL = 0.85
"""The share of generated questions that must be true of their images."""


def scenes_of(benchmark: Benchmark) -> Mapping[str, Scene]:
    """Return the scenes behind a benchmark's images, by the images' hashes."""
    scenes = generate_sample().scenes
    return {
        image.sha256: scenes[image.url]
        for conversation in benchmark.conversations
        for _, turn in conversation.turns()
        for image in turn.images
        if image.sha256 and image.url
    }


def truth_of(benchmark: Benchmark) -> float:
    """Return the share of visual questions whose answer is right and whose premise is true."""
    scenes = scenes_of(benchmark)
    judged = [
        is_true(scenes[q.image], q.type, q.question, q.answer) is True
        for q in benchmark.visual_questions
    ]
    return sum(judged) / len(judged)


def served_copy(folder: Path) -> Path:
    """Copy the checkpoint with a processor that needs no torchvision, as InternVL's own does.

    It makes the same prompts and the same pixels, and `transformers serve` can load it.
    """
    pytest.importorskip("torch")
    from transformers import LlavaProcessor, PreTrainedTokenizerFast, SiglipImageProcessorPil

    shutil.copytree(LARGE, folder)
    template = (LARGE / "chat_template.jinja").read_text(encoding="utf-8")
    template = template.replace("<IMG_CONTEXT>", "<img><IMG_CONTEXT></img>")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(LARGE)
    tokenizer.chat_template = template
    LlavaProcessor(
        image_processor=SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}),
        tokenizer=tokenizer,
        patch_size=SIDE // 7,
        vision_feature_select_strategy="full",
        image_token="<IMG_CONTEXT>",
        num_additional_image_tokens=0,
        chat_template=template,
    ).save_pretrained(folder)
    (folder / "preprocessor_config.json").unlink(missing_ok=True)
    return folder


@pytest.mark.slow
def test_the_embedded_models_build_a_data_set_that_is_true(cli: Cli, tmp_path: Path) -> None:
    done = cli("build", "run", "sample", "--work", "w", "--out", "d", timeout=300)
    assert done.returncode == 0, done.stderr
    selection = json.loads((tmp_path / "w" / "selection.json").read_text())
    built = load_benchmark(tmp_path / "d")
    assert len(selection["types"]) == 3
    assert {question.type for question in built.visual_questions} == set(selection["types"])
    assert len(built.visual_questions) >= 100
    assert truth_of(built) >= GOAL
    check_verified(tmp_path / "w", selection["types"])


def check_verified(work: Path, types: Sequence[str]) -> None:
    """What the verifier finds of the false golds, and what it leaves; see docs/build.md."""
    scenes = generate_sample().scenes
    row = figures(judge(work, scenes, types))["published"]
    false = row["false_premise"] + row["wrong_answer"]
    assert row["found"] >= FOUND * false
    assert row["false_alarms"] <= ALARMS * (row["questions"] - false)
    assert row["true_after"] >= TRUE * row["agreed"]


@pytest.mark.slow
def test_the_checkpoint_behind_a_real_server_builds_the_same_questions(
    cli: Cli, tmp_path: Path
) -> None:
    """`transformers serve` runs the same weights; only near ties may come out otherwise."""
    recipe = (ROOT / "builders" / "recipes" / "sample.toml").read_text(encoding="utf-8")
    recipe = recipe.partition("[verify]")[0].replace('verifier = "embedded:verifier"\n', "")
    recipe = recipe.replace("pictures = 40", "pictures = 12").replace(
        "check = true", "check = false"
    )
    (tmp_path / "few.toml").write_text(recipe, encoding="utf-8")
    asked = ("build", "run", "few.toml", "--work")
    done = cli(*asked, "a", "--out", "here", timeout=120)
    assert done.returncode == 0, done.stderr
    folder = served_copy(tmp_path / "large")
    with transformers_server(folder, tmp_path) as url:
        served = f"openai:{url}?model={folder}&in_flight=4"
        done = cli(*asked, "b", "--out", "there", "--generator", served, timeout=500)
    assert done.returncode == 0, done.stderr
    here, there = load_benchmark(tmp_path / "here"), load_benchmark(tmp_path / "there")
    written = [
        {q.id: (q.question, q.answer) for q in benchmark.visual_questions}
        for benchmark in (here, there)
    ]
    same = sum(written[1].get(id) == words for id, words in written[0].items())
    assert same >= 0.9 * len(written[0])

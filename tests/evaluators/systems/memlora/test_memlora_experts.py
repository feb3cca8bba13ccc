"""Experts over one base model, against transformers and peft with one adapter each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.models.chat import ChatRequest, ModelImage
from locomo_vqa.models.experts import find_experts, hash_experts
from locomo_vqa.models.experts_local import ExpertsModel
from locomo_vqa.models.names import parse_name
from locomo_vqa.models.probes import known_images

from .conftest import Trained
from .tiny import load_base

pytestmark = pytest.mark.filterwarnings("ignore")

QUESTIONS = ("What colour is the kite?", "Where?", "Note what Ana said about her old bicycle.")
TOKENS = 12


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[str | None]]:
    """The experts of each batch, as they were generated."""
    seen: list[list[str | None]] = []
    generate = ExpertsModel._generate

    def watched(self: ExpertsModel, requests: Sequence[ChatRequest], inputs: Any) -> Any:
        seen.append([getattr(request, "expert", None) for request in requests])
        return generate(self, requests, inputs)

    monkeypatch.setattr(ExpertsModel, "_generate", watched)
    return seen


def alone(trained: Trained, name: str | None, request: ChatRequest) -> str:
    """Return the reply of a freshly loaded base model, with one adapter or none."""
    import torch
    from peft import PeftModel
    from PIL import Image
    from transformers import AutoTokenizer

    from locomo_vqa.models.internvl import image_processor_class

    model = load_base(trained.base)
    if name is not None:
        model = PeftModel.from_pretrained(model, trained.experts / name).eval()
    template: dict[str, Any] = {
        "add_generation_prompt": True,
        "tokenize": True,
        "return_dict": True,
    }
    if trained.base.parent.name.startswith("internvl"):
        processor = image_processor_class().from_pretrained(trained.base)
        images = [Image.open(BytesIO(p.data)).convert("RGB") for p in request.images]
        content = [{"type": "image", "image": image} for image in images]
        content.append({"type": "text", "text": request.text})
        inputs = processor.apply_chat_template(
            [{"role": "user", "content": content}],
            processor_kwargs={"return_tensors": "pt"},
            **template,
        )
        tokenizer = processor.tokenizer
    else:
        tokenizer = AutoTokenizer.from_pretrained(trained.base)
        message = [{"role": "user", "content": request.text}]
        inputs = tokenizer.apply_chat_template(message, return_tensors="pt", **template)
    with torch.no_grad():
        output = model.generate(**inputs, max_new_tokens=request.max_tokens, do_sample=False)
    new = output[0, inputs["input_ids"].shape[1] :]
    return str(tokenizer.decode(new, skip_special_tokens=True))


def replies(
    trained: Trained, asked: Sequence[tuple[str | None, ChatRequest]], *, batch: int = 16
) -> list[str]:
    """Return what the model replies when everything is asked at once."""

    async def main() -> list[str]:
        name = parse_name(f"{trained.spec}&batch={batch}")
        model = ExpertsModel(name, find_experts(trained.experts, trained.names))
        try:
            answered = await asyncio.gather(
                *((model.expert(expert) if expert else model).ask(r) for expert, r in asked)
            )
        finally:
            await model.close()
        return [reply.text for reply in answered]

    return asyncio.run(main())


@pytest.mark.slow
def test_a_mixed_batch_replies_as_each_expert_alone(
    trained: Trained, batches: list[list[str | None]]
) -> None:
    asked = [
        (name, ChatRequest(text=text, max_tokens=TOKENS))
        for text in QUESTIONS
        for name in trained.names
    ]
    expected = [alone(trained, name, request) for name, request in asked]
    assert len(set(expected)) > len(QUESTIONS)  # The experts differ.
    assert replies(trained, asked) == expected
    assert batches == [[name for name, _ in asked]]


@pytest.mark.slow
def test_switching_back_and_forth_loses_nothing(
    trained: Trained, batches: list[list[str | None]]
) -> None:
    order = ("generation", "extraction", None, "generation", "memory_update", None, "extraction")
    asked = [(name, ChatRequest(text=QUESTIONS[0], max_tokens=TOKENS)) for name in order]
    assert replies(trained, asked, batch=1) == [alone(trained, *one) for one in asked]
    assert all(len(batch) == 1 for batch in batches)


@pytest.mark.slow
def test_a_switch_leaves_the_state_of_set_adapter(all_trained: dict[str, Trained]) -> None:
    from peft.tuners.tuners_utils import BaseTunerLayer

    trained = all_trained["qwen2"]
    model = ExpertsModel(parse_name(trained.spec), find_experts(trained.experts, trained.names))

    def state() -> list[Any]:
        layers = [m for m in model._model.modules() if isinstance(m, BaseTunerLayer)]
        assert len(layers) == 14
        trainable = [weight.requires_grad for weight in model._model.parameters()]
        return [[layer.active_adapters for layer in layers], trainable]

    for name in ("generation", "extraction", "generation"):
        model._switch(name)
        found = state()
        model._model.base_model.set_adapter(name, inference_mode=True)
        assert found == state()
        assert found[0] == [[name]] * 14


@pytest.mark.slow
def test_experts_that_change_the_vision_tower_see_as_alone(
    all_trained: dict[str, Trained], batches: list[list[str | None]]
) -> None:
    trained = all_trained["internvl"]
    images: tuple[ModelImage, ...] = known_images()[:2]
    shown = [
        ChatRequest(text="What colour?", images=(image,), max_tokens=TOKENS) for image in images
    ]
    two = ChatRequest(text="Are they alike?", images=images, max_tokens=TOKENS)
    asked = [
        (name, request) for name in ("vision", "generation", None) for request in (*shown, two)
    ]
    assert replies(trained, asked) == [alone(trained, *one) for one in asked]
    assert all(len(set(batch)) == 1 for batch in batches)
    assert any(len(batch) == len(shown) + 1 for batch in batches)


@pytest.mark.slow
def test_merged_equals_unmerged(trained: Trained) -> None:
    import torch
    from peft import PeftModel

    ids = torch.arange(8, 40)[None]
    for name in ("extraction", "generation"):
        unmerged = PeftModel.from_pretrained(load_base(trained.base), trained.experts / name).eval()
        merged = PeftModel.from_pretrained(load_base(trained.base), trained.experts / name)
        whole = merged.merge_and_unload().eval()
        model = ExpertsModel(parse_name(trained.spec), find_experts(trained.experts, trained.names))
        with torch.no_grad():
            model._switch(name)
            ours = model._model(input_ids=ids).logits
            mixed = model._model(
                input_ids=ids.repeat(2, 1), adapter_names=["memory_update", name]
            ).logits[1:]
            base = load_base(trained.base)(input_ids=ids).logits
            torch.testing.assert_close(ours, unmerged(input_ids=ids).logits, rtol=0, atol=0)
            theirs = whole(input_ids=ids).logits
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)
            torch.testing.assert_close(mixed, theirs, rtol=1e-3, atol=1e-3)
        assert (ours - base).abs().max() > 0.1


@pytest.mark.slow
def test_an_expert_that_is_more_than_linear_layers_is_never_mixed(
    all_trained: dict[str, Trained], tmp_path: Path, batches: list[list[str | None]]
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model

    trained = all_trained["qwen2"]
    torch.manual_seed(5)
    for name, more in (("extraction", {"use_dora": True}), ("generation", {})):
        own: dict[str, Any] = {"r": 4, "target_modules": ["q_proj", "v_proj"], **more}
        config = LoraConfig(**own)
        model = get_peft_model(load_base(trained.base), config)
        for key, weight in model.named_parameters():
            if "lora_A" in key or "lora_B" in key:
                torch.nn.init.normal_(weight, std=0.5)
        model.save_pretrained(str(tmp_path / name))
    mine = Trained(trained.base, tmp_path, ("extraction", "generation"))
    assert [e.mixable for e in find_experts(tmp_path, mine.names)] == [False, True]
    asked = [
        (name, ChatRequest(text=text, max_tokens=TOKENS))
        for text in QUESTIONS
        for name in mine.names
    ]
    assert replies(mine, asked) == [alone(mine, *one) for one in asked]
    assert sorted(map(len, batches)) == [3, 3]


def test_the_identity_follows_the_experts(all_trained: dict[str, Trained], tmp_path: Path) -> None:
    import hashlib

    trained = all_trained["qwen2"]
    first, second, third = find_experts(trained.experts, trained.names)
    assert len({first.sha256, second.sha256, third.sha256}) == 3
    digest = hashlib.sha256()
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        content = hashlib.sha256((first.folder / file).read_bytes()).hexdigest()
        digest.update(f"{file}\0{content}\n".encode())
    assert first.sha256 == digest.hexdigest()
    assert hash_experts([first, second]) == hash_experts([second, first])
    assert hash_experts([first, second]) != hash_experts([first, third])
    model = ExpertsModel(parse_name(trained.spec), [first, second])
    assert model.identity()["experts"] == {
        "extraction": first.sha256,
        "memory_update": second.sha256,
    }
    assert model.expert("extraction").identity()["experts"] == {"extraction": first.sha256}
    assert model.identity()["model"] == trained.base.name

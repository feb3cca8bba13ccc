"""Embedded models with LoRA adapters, against the same adapters in transformers and peft."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from locomo_vqa.errors import InputError
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.embedded_local import embedded_folder
from locomo_vqa.models.expert_opening import check_experts, open_experts
from locomo_vqa.models.expert_requests import ExpertBase
from locomo_vqa.models.experts import CONFIG, WEIGHTS, find_experts
from locomo_vqa.models.names import ModelName, parse_name
from locomo_vqa.models.probes import known_images

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]

LAYERS = {
    "one": ("q_proj", "v_proj"),
    "two": ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
}
"""The linear layers that each adapter changes."""


def make_adapters(size: str, folder: Path) -> Path:
    """Write an adapter of each kind with random weights, large enough to change replies."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    sees = size in ("large", "small")
    auto = AutoModelForImageTextToText if sees else AutoModelForCausalLM
    for number, (name, layers) in enumerate(LAYERS.items()):
        torch.manual_seed(number)
        base = auto.from_pretrained(embedded_folder(size), dtype=torch.float32)
        within = r".*language_model.*\." if sees else r".*\."
        config = LoraConfig(
            r=4 + number,
            lora_alpha=6,
            use_rslora=number == 1,
            init_lora_weights=False,
            target_modules=f"{within}({'|'.join(layers)})",
        )
        get_peft_model(base, config).save_pretrained(str(folder / name))
    return folder


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The adapters of a model that sees, and of one that does not, by its size."""
    root = tmp_path_factory.mktemp("adapters")
    return {size: make_adapters(size, root / size) for size in ("small", "text-large")}


def ask(model: ExpertBase, asked: Sequence[tuple[str | None, ChatRequest]]) -> list[str]:
    async def main() -> list[str]:
        try:
            answered = await asyncio.gather(
                *((model.expert(expert) if expert else model).ask(each) for expert, each in asked)
            )
        finally:
            await model.close()
        return [reply.text for reply in answered]

    return asyncio.run(main())


def as_transformers(size: str) -> ModelName:
    folder = str(embedded_folder(size))
    options = {"dtype": "float32"}
    return ModelName(spec=folder, scheme="transformers", target=folder, options=options)


def requests(size: str) -> list[ChatRequest]:
    if size == "text-large":
        texts = ("Ana: I adopted a dog named Pebble.", "When did Ana move to Lisbon?", "[]")
        return [ChatRequest(text=text, max_tokens=16) for text in texts]
    return [
        ChatRequest(text="What colour is the kite?", images=(image,), max_tokens=8)
        for image in known_images()
    ] + [ChatRequest(text="How many boats are there?", max_tokens=8)]


@pytest.mark.parametrize("size", ["small", "text-large"])
def test_replies_are_those_of_peft(adapters: Mapping[str, Path], size: str) -> None:
    asked = [(name, each) for each in requests(size) for name in (None, *LAYERS)]
    experts = find_experts(adapters[size], LAYERS)
    expected = ask(open_experts(as_transformers(size), experts), asked)
    found = ask(open_experts(parse_name(f"embedded:{size}"), experts), asked)
    assert found == expected
    assert len(set(expected)) > len(requests(size))  # The adapters change replies.


def test_without_an_expert_the_base_model_answers(adapters: Mapping[str, Path]) -> None:
    from locomo_vqa.models.opening import open_model

    async def alone(request: ChatRequest) -> str:
        return (await open_model("embedded:text-large").ask(request)).text

    model = open_experts(
        parse_name("embedded:text-large"), find_experts(adapters["text-large"], LAYERS)
    )
    (request, *_) = requests("text-large")
    assert ask(model, [(None, request)]) == [asyncio.run(alone(request))]


def changed(adapters: Path, folder: Path, **config: Any) -> Path:
    """Return a copy of an adapter with other values in its configuration."""
    (folder / "one").mkdir(parents=True)
    (folder / "one" / WEIGHTS).write_bytes((adapters / "one" / WEIGHTS).read_bytes())
    known = json.loads((adapters / "one" / CONFIG).read_text())
    (folder / "one" / CONFIG).write_text(json.dumps({**known, **config}))
    return folder


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"r": 8}, "rank"),
        ({"use_dora": True}, "use_dora"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"trainable_token_indices": [3]}, "trainable_token_indices"),
        ({"alpha_pattern": {"q_proj": 2}}, "alpha_pattern"),
    ],
)
def test_what_the_graph_has_no_place_for_is_refused(
    adapters: Mapping[str, Path], tmp_path: Path, config: dict[str, Any], reason: str
) -> None:
    folder = changed(adapters["small"], tmp_path, **config)
    with pytest.raises(InputError, match=reason):
        check_experts(parse_name("embedded:small"), find_experts(folder, ["one"]), sees=True)


def test_experts_of_another_base_are_refused(adapters: Mapping[str, Path]) -> None:
    experts = find_experts(adapters["small"], LAYERS)
    for other in ("embedded:large", "embedded:text-large"):
        with pytest.raises(InputError, match=f"is not an expert of {other}"):
            check_experts(parse_name(other), experts, sees=False)
    with pytest.raises(InputError, match="does not see images"):
        text = find_experts(adapters["text-large"], LAYERS)
        check_experts(parse_name("embedded:text-large"), text, sees=True)
    with pytest.raises(InputError, match="can't take adapters"):
        check_experts(parse_name("openai:http://127.0.0.1:9/v1?model=m"), experts, sees=False)


def test_damaged_weights_are_refused(adapters: Mapping[str, Path], tmp_path: Path) -> None:
    folder = changed(adapters["small"], tmp_path)
    path = folder / "one" / WEIGHTS
    whole = path.read_bytes()
    header = 8 + int.from_bytes(whole[:8], "little")
    entries = {k: v for k, v in json.loads(whole[8:header]).items() if k != "__metadata__"}
    first, *_, last = sorted(entries, key=lambda name: entries[name]["data_offsets"])
    for damaged, message in {
        whole[:200]: "it is cut off after 200 bytes, within its header",
        whole[:header]: (f"{first} is cut off: the file has {header:,} of {len(whole):,} bytes"),
        whole[:-1]: (f"{last} is cut off: the file has {len(whole) - 1:,} of {len(whole):,} bytes"),
        b"version https://git-lfs.github.com/spec/v1\n": "it is not a safetensors file",
        b"": "it is not a safetensors file",
    }.items():
        path.write_bytes(damaged)
        with pytest.raises(InputError) as error:
            find_experts(folder, ["one"])
        assert f"{path}: can't be read as an adapter's weights ({message})" in str(error.value)
    path.write_bytes(whole)
    find_experts(folder, ["one"])

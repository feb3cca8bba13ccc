"""Small base models of each architecture, and experts with random weights, in real formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.core.models.tiny_model import TEMPLATE, make_tiny_model, make_tokenizer

BASES = ("gemma2", "qwen2", "internvl")
_LANGUAGE = r".*layers\.\d+\.(self_attn|mlp)\.(q|k|v|o|gate|up|down)_proj"
TARGETS: Mapping[str, str] = {
    "extraction": r".*layers\.\d+\.self_attn\.(q|v)_proj",
    "memory_update": r".*layers\.\d+\.self_attn\.(q|v)_proj",
    "generation": _LANGUAGE,
}
VISION = {
    "vision": rf"({_LANGUAGE})|(.*vision_tower.*(q|v)_proj)|(.*multi_modal_projector\.linear_\d)"
}


def make_base(folder: Path, base: str, *, hidden: int = 32) -> Path:
    """Save a base model: `gemma2`, `qwen2` or `internvl`; only gemma2's `hidden` size varies."""
    if base == "gemma2":
        return _make_gemma2(folder, hidden)
    return make_tiny_model(folder, processor="none" if base == "qwen2" else "internvl")


def _make_gemma2(folder: Path, hidden: int) -> Path:
    import torch
    from transformers import Gemma2Config, Gemma2ForCausalLM

    tokenizer = make_tokenizer()
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(8)
    config = Gemma2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=64,
        max_position_embeddings=512,
        initializer_range=0.5,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        tie_word_embeddings=False,  # Tied random ones say the last token again.
    )
    model = Gemma2ForCausalLM(config)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    return folder


def load_base(folder: Path) -> Any:
    """Return a base model as transformers loads it, in float32."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

    sees = hasattr(AutoConfig.from_pretrained(folder), "vision_config")
    auto = AutoModelForImageTextToText if sees else AutoModelForCausalLM
    model: Any = auto.from_pretrained(folder, dtype=torch.float32)
    return model.eval()


def make_experts(folder: Path, base: Path, targets: Mapping[str, str] = TARGETS) -> Path:
    """Save an expert of rank 4 with random weights for each name, as peft does."""
    import torch
    from peft import LoraConfig, get_peft_model

    for seed, (name, target) in enumerate(targets.items()):
        torch.manual_seed(100 + seed)
        config = LoraConfig(r=4, lora_alpha=8, target_modules=target, lora_dropout=0.1)
        model = get_peft_model(load_base(base), config)
        for key, weight in model.named_parameters():
            if "lora_" in key:
                torch.nn.init.normal_(weight, std=0.5)
        model.save_pretrained(str(folder / name))
    return folder

"""Makes a folder with a very small InternVL with random weights: a real architecture, no sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SIDE, PATCH = 56, 14
CONTEXT = "<IMG_CONTEXT>"
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", CONTEXT, "<video>")
TURN = "<|im_start|>{{ message['role'] }}\n"
TEMPLATE = (
    "{% for message in messages %}" + TURN + "{% if message['content'] is string %}"
    "{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}PICTURE\n{% elif part['type'] == 'text' %}"
    "{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def internvl_images(tokenizer: Any) -> dict[str, Any]:
    """Return the part of an InternVL's configuration that its image encoder depends on."""
    return {
        "vision_config": {
            "hidden_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 32,
            "image_size": [SIDE, SIDE],
            "patch_size": [PATCH, PATCH],
        },
        "image_token_id": tokenizer.convert_tokens_to_ids(CONTEXT),
        "image_seq_length": (SIDE // PATCH) ** 2 // 4,
        "downsample_ratio": 0.5,
    }


def special_tokens(tokenizer: Any) -> dict[str, Any]:
    """Return the special tokens of a language model's configuration."""
    return {
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def make_tiny_model(folder: Path, *, processor: str = "internvl") -> Path:
    """Save model, tokenizer and processor; `processor` is "internvl", "llava" or "none".

    The Llava processor makes the same prompt and needs no torchvision, which other programs than
    ours want for InternVL's. "none" makes a model without images.
    """
    import torch
    from transformers import InternVLConfig, InternVLForConditionalGeneration, Qwen2ForCausalLM

    tokenizer = make_tokenizer()
    torch.manual_seed(7)
    config = InternVLConfig(
        **internvl_images(tokenizer),
        text_config={
            "model_type": "qwen2",
            "vocab_size": len(tokenizer),
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "intermediate_size": 64,
            "max_position_embeddings": 512,
            "initializer_range": 0.5,
            **special_tokens(tokenizer),
        },
    )
    if processor == "none":
        model: Any = Qwen2ForCausalLM(config.text_config)
        tokenizer.chat_template = TEMPLATE
        tokenizer.save_pretrained(folder)
    else:
        model = InternVLForConditionalGeneration(config)
        make_processor(tokenizer, processor).save_pretrained(folder)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    return folder


def make_tokenizer() -> Any:
    """Return a tokenizer of bytes: every text has tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, *letters])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.add_special_tokens(list(SPECIAL))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=512,
        extra_special_tokens={
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": CONTEXT,
            "video_token": "<video>",
        },
    )


def make_processor(tokenizer: Any, kind: str) -> Any:
    """Return a processor that takes images and has no video part."""
    from transformers import GotOcr2ImageProcessorPil, LlavaProcessor, SiglipImageProcessorPil

    size = {"height": SIDE, "width": SIDE}
    if kind == "llava":
        template = TEMPLATE.replace("PICTURE", f"<img>{CONTEXT}</img>")
        tokenizer.chat_template = template
        return LlavaProcessor(
            image_processor=SiglipImageProcessorPil(size=size),
            tokenizer=tokenizer,
            patch_size=2 * PATCH,
            vision_feature_select_strategy="full",
            image_token=CONTEXT,
            num_additional_image_tokens=0,
            chat_template=template,
        )
    from locomo_vqa.models.internvl import image_processor_class

    template = TEMPLATE.replace("PICTURE", CONTEXT)
    tokenizer.chat_template = template
    return image_processor_class()(
        image_processor=GotOcr2ImageProcessorPil(size=size, crop_to_patches=False),
        tokenizer=tokenizer,
        image_seq_length=(SIDE // PATCH) ** 2 // 4,
        chat_template=template,
    )

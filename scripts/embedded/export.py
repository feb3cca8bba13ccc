"""Writes a trained model so that both transformers and the runtime can load it."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import (
    GotOcr2ImageProcessorPil,
    InternVLForConditionalGeneration,
    PreTrainedTokenizerFast,
)

from locomo_vqa.models.embedded.pixels import SIDE
from scripts.embedded.architecture import GRID
from scripts.embedded.graphs import write_graphs
from scripts.embedded.tokenizer import CONTEXT, END, IMAGE_CLOSE, IMAGE_OPEN, PAD, VIDEO

__all__ = ["CHAT", "export"]

CHAT = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for content in message['content'] %}{% if content['type'] == 'image' %}"
    "{{ '<IMG_CONTEXT>\n' }}{% elif content['type'] == 'text' %}{{ content['text'] }}"
    "{% endif %}{% endfor %}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""InternVL's chat format, without its default system message."""


def export(model: InternVLForConditionalGeneration, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the weights (in bf16), configurations, tokenizer, processors and graphs."""
    folder.mkdir(parents=True, exist_ok=True)
    generation = model.generation_config
    generation.eos_token_id = tokenizer.token_to_id(END)
    generation.pad_token_id = tokenizer.token_to_id(PAD)
    generation.do_sample = False
    model.to(torch.bfloat16).save_pretrained(folder)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        padding_side="left",
        model_max_length=model.config.text_config.max_position_embeddings,
        chat_template=CHAT,
        extra_special_tokens={
            "start_image_token": IMAGE_OPEN,
            "end_image_token": IMAGE_CLOSE,
            "context_image_token": CONTEXT,
            "video_token": VIDEO,
        },
    )
    fast.save_pretrained(folder)
    processor = GotOcr2ImageProcessorPil(
        size={"height": SIDE, "width": SIDE},
        crop_to_patches=False,
        min_patches=1,
        max_patches=1,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )
    processor.save_pretrained(folder)
    configuration = {"processor_class": "InternVLProcessor", "image_seq_length": GRID * GRID}
    text = json.dumps(configuration, indent=2) + "\n"
    (folder / "processor_config.json").write_text(text, encoding="utf-8")
    (folder / "model.safetensors").chmod(0o644)
    write_graphs(folder, model.config)

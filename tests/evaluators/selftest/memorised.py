"""A very small model that learns replies by heart: real weights and training, no sense.

It is an InternVL, whose language model is a Qwen2, with random weights that are not trained; an
adapter for each of MemLoRA's stages learns that stage's replies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from locomo_vqa.evaluators.distilling.examples import Example
from locomo_vqa.evaluators.distilling.lora_fit import fit_lora
from locomo_vqa.evaluators.distilling.lora_settings import LoraSettings
from locomo_vqa.evaluators.distilling.lora_student import LoraStudent
from locomo_vqa.models.names import ModelName
from tests.core.models.tiny_model import (
    CONTEXT,
    SPECIAL,
    internvl_images,
    make_processor,
    special_tokens,
)

VOCABULARY = 1500
LONGEST_TOKEN = 200
SIZE = 64
NO_LABEL = -100
BY_HEART = LoraSettings(
    dropout=0.0,
    weight_decay=0.0,
    learning_rate=0.01,
    epochs=10,
    patience=10,
    batch=16,
    at_once=16,
    max_tokens=64,  # Without the very long turn of the awkward conversation.
)
REPEATED = 16
"""How often an example comes in each epoch, so that an epoch has some steps."""
VISION_STEPS = 60
LEARNED = 0.05
"""Nats a token below which a reply is certain."""

_BEGINNINGS = {
    "Note what is worth": "extraction",
    "Memories now: ": "memory_update",
    "Look at the picture": "vision",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a model was asked, and what it replied."""

    prompt: str
    images: tuple[bytes, ...]
    reply: str

    @property
    def expert(self) -> str:
        """The expert that has to give this reply."""
        begun = (name for words, name in _BEGINNINGS.items() if self.prompt.startswith(words))
        return next(begun, "generation")


def make_base(folder: Path, exchanges: Iterable[Exchange]) -> Path:
    """Save a base model whose tokens are the strings that are frequent in the exchanges."""
    import torch
    from transformers import InternVLConfig, InternVLForConditionalGeneration

    tokenizer = _make_tokenizer([text for e in exchanges for text in (e.prompt, e.reply)])
    torch.manual_seed(7)
    sizes = {"hidden_size": SIZE, "intermediate_size": 2 * SIZE, "num_hidden_layers": 2}
    config = InternVLConfig(
        **internvl_images(tokenizer),
        text_config={
            "model_type": "qwen2",
            "vocab_size": len(tokenizer),
            **sizes,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 2048,
            "initializer_range": 0.12,
            "tie_word_embeddings": False,
            **special_tokens(tokenizer),
        },
        tie_word_embeddings=False,
    )
    model = InternVLForConditionalGeneration(config)
    with torch.no_grad():  # Frozen ones of the usual size could not say anything with certainty.
        model.get_input_embeddings().weight.normal_(std=0.5)
        model.get_output_embeddings().weight.normal_(std=0.25)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    make_processor(tokenizer, "internvl").save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def fit_experts(base: ModelName, exchanges: Sequence[Exchange], folder: Path) -> Path:
    """Train an expert for each stage until it has the replies by heart."""
    by_expert: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        by_expert.setdefault(exchange.expert, []).append(exchange)
    folder.mkdir()
    for name, own in by_expert.items():
        if name == "vision":
            _fit_vision(base, own, folder / name)
            continue
        examples = [Example(prompt=each.prompt, reply=each.reply) for each in own]
        record = fit_lora(
            base,
            examples * REPEATED,
            examples,
            BY_HEART,
            folder / name,
            progress=lambda *_: None,
        )
        losses = [epoch["validation_loss"] for epoch in record["epochs"]]
        assert min(losses) < LEARNED, (name, losses)
    return folder


def _make_tokenizer(texts: Iterable[str]) -> Any:
    """Return a byte-level BPE whose tokens may be whole sentences, so that texts stay short."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        max_token_length=LONGEST_TOKEN,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=2048,
        extra_special_tokens={
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": CONTEXT,
            "video_token": "<video>",
        },
    )


def _fit_vision(base: ModelName, shown: Sequence[Exchange], out: Path) -> None:
    """Train the expert that sees; `fit_lora` knows no images, so this is a loop of its own."""
    import torch

    student = LoraStudent(base, BY_HEART)
    rows = [_row(student, each) for each in shown]
    weights = student.trainable()
    optimizer = torch.optim.AdamW(weights, lr=BY_HEART.learning_rate, weight_decay=0.0)
    student.model.train()
    for _ in range(VISION_STEPS):
        optimizer.zero_grad()
        for row in rows:
            (student.model(**row).loss / len(rows)).backward()
        torch.nn.utils.clip_grad_norm_(weights, BY_HEART.max_norm)
        optimizer.step()
    out.mkdir()
    student.save(out)


def _row(student: LoraStudent, exchange: Exchange) -> dict[str, Any]:
    """Return prompt, images and reply as the model sees them, with labels on the reply."""
    import torch
    from PIL import Image

    images = [Image.open(BytesIO(data)).convert("RGB") for data in exchange.images]
    content: list[dict[str, Any]] = [{"type": "image", "image": each} for each in images]
    content.append({"type": "text", "text": exchange.prompt})
    row = dict(
        student._processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            processor_kwargs={"return_tensors": "pt"},
        )
    )
    said = student._tokenizer.encode(exchange.reply, add_special_tokens=False)
    reply = torch.tensor([[*said, student._end]])
    prompt = row["input_ids"]
    row["input_ids"] = torch.cat([prompt, reply], dim=1)
    row["attention_mask"] = torch.ones_like(row["input_ids"])
    row["labels"] = torch.cat([torch.full_like(prompt, NO_LABEL), reply], dim=1)
    return row


def in_other_colours(exchange: Exchange, images: Mapping[str, bytes]) -> Iterator[Exchange]:
    """Yield an exchange about one image for each of others, so that it has to be looked at."""
    for colour, data in images.items():
        yield Exchange(exchange.prompt, (data,), f"A picture of a {colour} square.")

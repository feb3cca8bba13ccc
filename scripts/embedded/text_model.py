"""Sizes and tokenizer of the embedded text models, which are Qwen2 models of transformers."""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch
from tokenizers import Tokenizer
from transformers import Qwen2Config, Qwen2ForCausalLM

from locomo_vqa.models.embedded.runtime import Size
from locomo_vqa.prompts import prompt_text
from scripts.embedded.copying import initialise_copying
from scripts.embedded.text_examples import examples
from scripts.embedded.tokenizer import END, PAD, START, train_tokenizer

__all__ = ["make_text_model", "make_text_tokenizer", "text_samples", "whole_texts"]

_SIZES: dict[Size, dict[str, int]] = {
    "large": {
        "hidden_size": 192,
        "num_hidden_layers": 5,
        "intermediate_size": 512,
        "num_attention_heads": 6,
    },
    "small": {
        "hidden_size": 96,
        "num_hidden_layers": 3,
        "intermediate_size": 256,
        "num_attention_heads": 3,
    },
}

VOCABULARY = 1700
"""Tokens before the prompts' sentences are added."""

_NUMBERS = 30
"""Memory numbers that are one token each: "12" made of "1" and "2" is much harder to copy."""

_PACKAGE = "locomo_vqa.evaluators.prompts"
_PROMPTS = ("mem0_extract_reduced_v1", "mem0_update_reduced_v1", "mem0_answer_reduced_v1")
_PIECES = (
    '{"facts": ["',
    '{"facts": []}',
    '", "',
    '"]}',
    '{"memory": [{"event": "',
    '{"memory": []}',
    'ADD", "text": "',
    'UPDATE", "text": "',
    'DELETE", "text": "',
    '", "id": "',
    '"}, {"event": "',
    '"}, {"id": "',
    '"}]}',
    '", "text": "',
    '[{"id": "',
    '"}]',
    "Memories now: ",
    "New facts: ",
    "Question: ",
    "user\n",
    "assistant\n",
)
"""Text that is the same in every prompt and record."""


def make_text_tokenizer(seed: int = 0, conversations: int = 250) -> Tokenizer:
    """Train the tokenizer on the sample; the same seed gives the same one."""
    texts = text_samples(random.Random(seed), conversations)
    return train_tokenizer(texts, VOCABULARY, (PAD, START, END), whole_texts())


def whole_texts() -> list[str]:
    """Return the texts that are one token each."""
    return [*_sentences(), *_PIECES]


def _sentences() -> list[str]:
    """Return the lines of the prompts that have no slots."""
    lines = [line for name in _PROMPTS for line in prompt_text(_PACKAGE, name).split("\n") if line]
    return sorted({line for line in lines if "$" not in line}, key=lambda line: -len(line))


def text_samples(rng: random.Random, conversations: int) -> Iterator[str]:
    """Yield what is asked and replied in the stages, over new conversations."""
    for _ in range(conversations):
        yield "".join(f'"{number}"' for number in range(_NUMBERS))
        for example in examples(rng):
            yield example.prompt.split("Before: ")[-1]
            yield example.reply


def make_text_model(size: Size, tokenizer: Tokenizer) -> Qwen2ForCausalLM:
    """Return an untrained model that copies, with a head size of 32 and tied embeddings.

    Positions rotate as slowly as in Qwen2 itself, so that distant tokens can be matched.
    """
    config = Qwen2Config(
        **_SIZES[size],
        vocab_size=tokenizer.get_vocab_size(),
        num_key_value_heads=_SIZES[size]["num_attention_heads"],
        max_position_embeddings=2048,
        rope_theta=1_000_000.0,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.token_to_id(END),
        pad_token_id=tokenizer.token_to_id(PAD),
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(std=0.05)
    initialise_copying(model.model)
    return model

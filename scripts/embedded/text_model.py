"""The embedded text model, a Qwen2 model of transformers, and its tokenizer."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator

import torch
from tokenizers import Tokenizer
from transformers import Qwen2Config, Qwen2ForCausalLM

from locomo_vqa.prompts import prompt_text
from scripts.embedded.copying import initialise_copying
from scripts.embedded.text_examples import examples
from scripts.embedded.tokenizer import END, PAD, START, train_tokenizer

__all__ = ["make_text_model", "make_text_tokenizer", "text_samples", "whole_texts"]

_SIZE = {
    "hidden_size": 160,
    "num_hidden_layers": 5,
    "intermediate_size": 320,
    "num_attention_heads": 5,
}

VOCABULARY = 2900
"""The most tokens before the prompts' sentences are added: enough that each word of the sample is
one token, which is copied more easily than several.
"""

_ALIKE = 0.8
"""How much of their first embeddings tokens of the same word have in common."""

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
    whole = whole_texts()
    cut = re.compile("|".join(re.escape(text) for text in sorted(whole, key=len, reverse=True)))
    texts = text_samples(random.Random(seed), conversations)
    parts = (part for text in texts for part in cut.split(text) if part)
    return train_tokenizer(parts, VOCABULARY, (PAD, START, END), whole)


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


def make_text_model(tokenizer: Tokenizer) -> Qwen2ForCausalLM:
    """Return an untrained model that copies, with a head size of 32 and tied embeddings.

    Positions rotate as slowly as in Qwen2 itself, so that distant tokens can be matched.
    """
    config = Qwen2Config(
        **_SIZE,
        vocab_size=tokenizer.get_vocab_size(),
        num_key_value_heads=_SIZE["num_attention_heads"],
        max_position_embeddings=2048,
        rope_theta=1_000_000.0,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.token_to_id(END),
        pad_token_id=tokenizer.token_to_id(PAD),
    )
    model = Qwen2ForCausalLM(config)
    _start_embeddings(model.model.embed_tokens.weight, tokenizer)
    initialise_copying(model.model, pairs=True)
    return model


@torch.no_grad()
def _start_embeddings(weight: torch.Tensor, tokenizer: Tokenizer) -> None:
    """Set random embeddings, alike for a word with and without a space or a capital before it."""
    weight.normal_(std=0.05)
    words: dict[str, list[int]] = defaultdict(list)
    for token in range(len(weight)):
        words[tokenizer.decode([token]).strip().lower()].append(token)
    for word, tokens in words.items():
        if word and "\ufffd" not in word:  # Part of a character is not a word.
            shared = weight[tokens[0]].clone()
            weight[tokens[1:]] *= (1 - _ALIKE) ** 0.5
            weight[tokens[1:]] += _ALIKE**0.5 * shared

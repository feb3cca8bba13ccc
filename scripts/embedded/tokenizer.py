"""The tokenizer of the embedded models: byte-level BPE, with the prompts' sentences as tokens.

It can encode any text, because all bytes are tokens. The sentences that the project's prompts
repeat word for word are one token each, so that a long prompt costs little.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from locomo_vqa.benchmark import QUESTION_TYPES
from locomo_vqa.builders.questions.question_types import TYPE_DESCRIPTIONS
from locomo_vqa.builders.sample.scenes import make_scene
from locomo_vqa.builders.sample.visual_questions import caption, draw_visual_question
from locomo_vqa.prompts import prompt_text

__all__ = [
    "CONTEXT",
    "END",
    "IMAGE_CLOSE",
    "IMAGE_OPEN",
    "JSON_PIECES",
    "PAD",
    "SPECIAL",
    "VIDEO",
    "image_texts",
    "make_tokenizer",
    "prompt_sentences",
    "train_tokenizer",
]

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
IMAGE_OPEN, IMAGE_CLOSE, CONTEXT, VIDEO = "<img>", "</img>", "<IMG_CONTEXT>", "<video>"
SPECIAL = (PAD, START, END, IMAGE_OPEN, IMAGE_CLOSE, CONTEXT, VIDEO)
"""InternVL's own special tokens."""

VOCABULARY = 900
"""Tokens before the sentences are added."""

JSON_PIECES = (
    '{"question": "',
    '", "answer": "',
    '", "reason": "',
    '{"question": null, "answer": null, "reason": "',
    '"}',
)
"""Text that is the same in every record that a generator writes."""


def prompt_sentences() -> list[str]:
    """Return the parts of the prompts that are the same for every question, longest first."""
    answering = prompt_text("locomo_vqa.prompts", "answer_visual_v1")
    first, _, rest = answering.partition("\n$description\n")
    generating = prompt_text("locomo_vqa.builders.prompts", "generate_question_v1")
    parts = [first + "\n", *rest.split("$question"), "The picture shows: "]
    parts += [line for line in generating.partition("$kind")[0].split("\n") if line]
    parts += TYPE_DESCRIPTIONS.values()
    parts = [part.rstrip("\n") if part.endswith(":\n") else part for part in parts]
    return sorted({part for part in parts if len(part) > 4}, key=lambda part: (-len(part), part))


def make_tokenizer(seed: int = 0) -> Tokenizer:
    """Train the tokenizer on the sample's questions; the same seed gives the same one."""
    whole = [*prompt_sentences(), *JSON_PIECES, "user\n", "assistant\n"]
    return train_tokenizer(image_texts(random.Random(seed), 2500), VOCABULARY, SPECIAL, whole)


def train_tokenizer(
    texts: Iterator[str], vocabulary: int, special: Sequence[str], whole: Sequence[str]
) -> Tokenizer:
    """Train byte-level BPE with `vocabulary` tokens, and add each text of `whole` as one token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(special),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in whole])
    return tokenizer


def image_texts(rng: random.Random, scenes: int) -> Iterator[str]:
    """Yield the prompts about images, and what is asked and said about new scenes."""
    prompts = (
        ("locomo_vqa.prompts", "answer_visual_v1"),
        ("locomo_vqa.builders.prompts", "generate_question_v1"),
        ("locomo_vqa.evaluators.prompts", "full_context_v1"),
    )
    for _ in range(3):
        yield from (prompt_text(*prompt) for prompt in prompts)
    for _ in range(scenes):
        scene = make_scene(rng)
        yield caption(scene)
        for type in QUESTION_TYPES:
            item = draw_visual_question(scene, type, rng)
            if item:
                yield from (item.question, item.answer, f" {item.answer}", item.reason)
